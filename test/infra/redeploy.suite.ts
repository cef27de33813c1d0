/** The changes that a redeploy makes, and the resources that it keeps (docs/decisions/0005-…). */
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fleetReplacements } from '../../core/pool/fleet-replacement.js';
import { controllerDirectory, only, synth } from './synth.js';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'spotpool-infra-'));
  await cp(controllerDirectory, directory, { recursive: true });
  await writeFile(path.join(directory, 'index.mjs'), '// Other code.\nexport const handler = async () => 1;\n');
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const machines = (template: ReturnType<typeof synth>) => ({
  launchTemplate: only(template, 'AWS::EC2::LaunchTemplate'),
  fleet: only(template, 'AWS::EC2::EC2Fleet'),
});

/** Compares two templates as `spotpool predeploy` does. */
const replacements = (before: ReturnType<typeof synth>, after: ReturnType<typeof synth>): readonly string[] =>
  fleetReplacements(before.toJSON(), after.toJSON());

describe('a redeploy', () => {
  const first = synth();

  it('with other code changes the controller, but neither launch template nor fleet', () => {
    const second = synth({ controllerDirectory: directory });
    expect(only(second, 'AWS::Lambda::Function').Properties['Code']).not.toEqual(
      only(first, 'AWS::Lambda::Function').Properties['Code'],
    );
    expect(machines(second)).toEqual(machines(first));
    expect(replacements(first, second)).toEqual([]);
  });

  it('after a newer machine image keeps the fleet, which names neither the image nor a moving version', () => {
    const { launchTemplate, fleet } = machines(first);
    const image = (launchTemplate.Properties['LaunchTemplateData'] as { ImageId: { Ref: string } }).ImageId.Ref;
    expect(JSON.stringify(fleet)).not.toContain(image);
    expect(fleet.Properties['LaunchTemplateConfigs']).toMatchObject([
      { LaunchTemplateSpecification: { LaunchTemplateId: { Ref: launchTemplate.id }, Version: '1' } },
    ]);
  });

  it.each([
    ['imageRevision', { imageRevision: '2026-11' }],
    ['rootVolumeGib', { rootVolumeGib: 50 }],
    ['maxLifeSeconds', { maxLifeSeconds: 3600 }],
    ['python', { python: '3.12' }],
    ['packages', { packages: ['git'] }],
    ['imageId', { imageId: 'ami-0123456789abcdef0' }],
  ] as const)('with another %s makes another launch template, and so another fleet', (_, props) => {
    const other = synth({ controller: 'cli', ...props });
    expect(replacements(first, other)).not.toEqual([]);
    const { launchTemplate, fleet } = machines(other);
    expect(launchTemplate.id).not.toBe(machines(first).launchTemplate.id);
    expect(JSON.stringify(fleet)).toContain(launchTemplate.id);
  });

  it('with other people, limits, permissions, buckets, alarms and controller keeps launch template and fleet', () => {
    const other = synth({
      maxWorkers: 500,
      notifyEmail: 'a@b.example',
      inputBuckets: ['their-data'],
      stallMinutes: 60,
      jobRetentionDays: 30,
      controller: 'cli',
      sessionManager: true,
    });
    expect(machines(other)).toEqual(machines(first));
    expect(replacements(first, other)).toEqual([]);
  });
});

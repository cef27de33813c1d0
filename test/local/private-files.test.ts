/** Other users of the machine must not read anything that the local cloud keeps on disk. */
import { chmodSync, chownSync, mkdirSync, readdirSync, statSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { CreateFleetCommand, CreateLaunchTemplateCommand, EC2Client } from '@aws-sdk/client-ec2';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { expect, it } from 'vitest';
import { startLocalCloud } from '../../local/api.js';
import { eventually } from '../support/eventually.js';
import { afterThisTest, base64, temporaryDirectory } from './ec2/support.js';

/** Lists every file and directory with the permissions of users other than its owner. */
function modesBelow(directory: string): Record<string, string> {
  const names = ['', ...(readdirSync(directory, { recursive: true }) as string[])];
  return Object.fromEntries(
    names.map((name) => [name, (statSync(path.join(directory, name)).mode & 0o777).toString(8)]),
  );
}

it('the directory and everything in it is readable by its owner alone, whatever its mode was before', async () => {
  const umask = process.umask(0);
  afterThisTest(() => process.umask(umask));
  const directory = path.join(temporaryDirectory(), 'cloud');
  mkdirSync(directory);
  chmodSync(directory, 0o777);
  const cloud = await startLocalCloud({ directory });
  const config = { endpoint: cloud.endpoint, region: cloud.region, credentials: cloud.credentials };
  const [s3, ec2] = [new S3Client({ ...config, forcePathStyle: true }), new EC2Client(config)];
  afterThisTest(async () => {
    for (const client of [s3, ec2]) client.destroy();
    await cloud.close();
    expect(modesBelow(directory)).toMatchObject({ '': '700', consoles: '700' });
    for (const mode of Object.values(modesBelow(directory))) expect(mode).toMatch(/00$/);
  });
  await s3.send(new CreateBucketCommand({ Bucket: 'bucket' }));
  await s3.send(new PutObjectCommand({ Bucket: 'bucket', Key: 'large', Body: Buffer.alloc(300_000) }));
  await ec2.send(
    new CreateLaunchTemplateCommand({
      LaunchTemplateName: 'worker',
      LaunchTemplateData: {
        ImageId: 'ami-1',
        InstanceType: 'c7g.large',
        UserData: base64('#!/bin/sh\necho up\nexec sleep 1000'),
      },
    }),
  );
  await ec2.send(
    new CreateFleetCommand({
      LaunchTemplateConfigs: [{ LaunchTemplateSpecification: { LaunchTemplateName: 'worker', Version: '1' } }],
      TargetCapacitySpecification: { TotalTargetCapacity: 1, DefaultTargetCapacityType: 'spot' },
    }),
  );
  const [instance] = await cloud.instances.waitFor(1);
  await eventually(() => cloud.instances.console(instance?.id ?? '').includes('up'));
  const modes = modesBelow(directory);
  expect(Object.keys(modes)).toEqual(
    expect.arrayContaining([`consoles/${instance?.id}.log`, `instances/${instance?.id}/user-data`]),
  );
  expect(Object.entries(modes).filter(([, mode]) => !mode.endsWith('00'))).toEqual([]);
});

it("a link in the place of the consoles is refused, because it would redirect the instances' output", async () => {
  const directory = path.join(temporaryDirectory(), 'cloud');
  const elsewhere = temporaryDirectory();
  mkdirSync(directory);
  symlinkSync(elsewhere, path.join(directory, 'consoles'));
  await expect(startLocalCloud({ directory })).rejects.toThrow(`${directory} contains consoles (no directory).`);
  expect(readdirSync(elsewhere)).toEqual([]);
});

it.skipIf(process.getuid?.() !== 0)(
  'a directory of another user is refused with an explanation (skipped without root, which the test needs)',
  async () => {
    const directory = path.join(temporaryDirectory(), 'theirs');
    mkdirSync(directory);
    chownSync(directory, 65_534, 65_534);
    await expect(startLocalCloud({ directory })).rejects.toThrow(
      `--directory must belong to you: ${directory} belongs to another user`,
    );
  },
);

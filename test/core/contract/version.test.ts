import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareVersions, isVersion, LOWEST_WORKER_VERSION, SPOTPOOL_VERSION } from '../../../core/contract/version.js';

const packaged = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as {
  readonly version: string;
};

/** The versions in the order of https://semver.org/#spec-item-11. */
const ORDER = [
  '0.9.9',
  '0.10.0',
  '1.0.0-alpha',
  '1.0.0-alpha.1',
  '1.0.0-alpha.beta',
  '1.0.0-beta',
  '1.0.0-beta.2',
  '1.0.0-beta.11',
  '1.0.0-rc.1',
  '1.0.0',
  '1.0.1',
  '2.0.0',
];

describe('versions', () => {
  it('are in the order of semver', () => {
    fc.assert(
      fc.property(fc.nat(ORDER.length - 1), fc.nat(ORDER.length - 1), (a, b) => {
        expect(Math.sign(compareVersions(ORDER[a] ?? '', ORDER[b] ?? ''))).toBe(Math.sign(a - b));
      }),
    );
  });

  it('ignore the name of a build, and a text that is not a version is older than any version', () => {
    expect(compareVersions('1.0.0+one', '1.0.0+two')).toBe(0);
    expect(compareVersions('newest', '0.0.1')).toBeLessThan(0);
    expect(compareVersions('', 'latest')).toBe(0);
  });

  it('of the worker is that of the package, and accepts the jobs of its own runner', () => {
    expect(SPOTPOOL_VERSION).toBe(packaged.version);
    expect(isVersion(LOWEST_WORKER_VERSION)).toBe(true);
    expect(compareVersions(SPOTPOOL_VERSION, LOWEST_WORKER_VERSION)).toBeGreaterThanOrEqual(0);
  });
});

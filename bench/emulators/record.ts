/**
 * The recorded differences from AWS, by emulator and version: bench/emulators/differences/<emulator>.json. Only `--write` writes them. notes.ts
 * explains, by hand, what they mean for spotpool.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { FeatureResult, SuiteResult } from '../conformance/tally.js';
import type { EmulatorName } from './catalogue.js';

/** Reasons of failures, by the name of the test. */
type Reasons = Readonly<Record<string, string>>;
export interface RecordedFeature {
  /** The number of the feature's tests, failing or not. */
  readonly tests: number;
  readonly differences: Reasons;
}
export type VersionRecord = Readonly<Record<string, RecordedFeature>>;
/** The records of an emulator, by version. */
export type EmulatorRecord = Readonly<Record<string, VersionRecord>>;

export const featureName = ({ service, feature }: Pick<FeatureResult, 'service' | 'feature'>): string =>
  `${service}: ${feature}`;

/** Returns the name of a test in notes.ts and in the output of a run. */
export const testName = (feature: string, test: string): string => `${feature} > ${test}`;

export const testsIn = ({ passed, failures, skipped }: FeatureResult): number => passed + failures.length + skipped;

const FOLDER = 'bench/emulators/differences';
const fileOf = (emulator: EmulatorName, folder: string): string => path.resolve(folder, `${emulator}.json`);

export function readRecord(emulator: EmulatorName, folder: string = FOLDER): EmulatorRecord {
  const file = fileOf(emulator, folder);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as EmulatorRecord) : {};
}

/** Returns the record of a run. It keeps differences that only some runs meet, even if this run did not. */
export function recordOf(
  result: SuiteResult,
  before: VersionRecord | undefined,
  isSometimes: (test: string) => boolean,
): VersionRecord {
  const features = result.map((found): readonly [string, RecordedFeature] => {
    const feature = featureName(found);
    const kept = Object.entries(before?.[feature]?.differences ?? {}).filter(([test]) =>
      isSometimes(testName(feature, test)),
    );
    const seen = found.failures.map(({ test, reason }): readonly [string, string] => [test, reason]);
    return [feature, { tests: testsIn(found), differences: Object.fromEntries([...seen, ...kept]) }];
  });
  return Object.fromEntries(features);
}

export function writeRecord(
  emulator: EmulatorName,
  version: string,
  record: VersionRecord,
  folder: string = FOLDER,
): void {
  const all = Object.entries({ ...readRecord(emulator, folder), [version]: record });
  const sorted = Object.fromEntries(all.sort(([a], [b]) => (a < b ? -1 : 1)));
  writeFileSync(fileOf(emulator, folder), `${JSON.stringify(sorted, undefined, 2)}\n`);
}

/**
 * What was seen to differ from AWS, by emulator and version: bench/emulators/differences/<emulator>.json. Written by `--write` alone; what
 * a difference means to spotpool is said by hand, in notes.ts.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { FeatureResult, SuiteResult } from '../conformance/tally.js';
import type { EmulatorName } from './catalogue.js';

/** `sqs: long polls` → the test's name → the reason that its failure gave. */
type Reasons = Readonly<Record<string, string>>;
export interface RecordedFeature {
  /** Tests of the feature, failing or not. */
  readonly tests: number;
  readonly differences: Reasons;
}
export type VersionRecord = Readonly<Record<string, RecordedFeature>>;
/** By version. */
export type EmulatorRecord = Readonly<Record<string, VersionRecord>>;

export const featureName = ({ service, feature }: Pick<FeatureResult, 'service' | 'feature'>): string =>
  `${service}: ${feature}`;

/** By which notes.ts names a test, and a run's output too. */
export const testName = (feature: string, test: string): string => `${feature} > ${test}`;

export const testsIn = ({ passed, failures, skipped }: FeatureResult): number => passed + failures.length + skipped;

const FOLDER = 'bench/emulators/differences';
const fileOf = (emulator: EmulatorName, folder: string): string => path.resolve(folder, `${emulator}.json`);

export function readRecord(emulator: EmulatorName, folder: string = FOLDER): EmulatorRecord {
  const file = fileOf(emulator, folder);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as EmulatorRecord) : {};
}

/** What is only sometimes seen stays, though it was not seen this time. */
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

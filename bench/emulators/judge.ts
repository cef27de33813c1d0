/**
 * Judges whether a run is as expected. A difference from AWS is expected if it is recorded for the same version, installed from the pins. A run
 * on anything else (another version, a container with other libraries, the user's own emulator) is compared with the nearest record. It must
 * only be right where spotpool relies on it.
 */
import type { FeatureResult, SuiteResult } from '../conformance/tally.js';
import type { Found } from './find.js';
import { type EmulatorRecord, featureName, testName, type VersionRecord } from './record.js';

export type Standard =
  | { readonly kind: 'exact'; readonly version: string; readonly record: VersionRecord }
  | { readonly kind: 'nearest'; readonly version: string; readonly record: VersionRecord; readonly why: string };

export interface Finding {
  readonly test: string;
  readonly what: string;
  /** True when the finding is shown but does not fail the run. */
  readonly isHarmless: boolean;
}

export interface Row {
  readonly feature: string;
  readonly passed: number;
  readonly asKnown: number;
  readonly broken: number;
  readonly skipped: number;
}

export interface Judgement {
  readonly rows: readonly Row[];
  /** The tests that were skipped, with the reasons. */
  readonly skips: readonly Finding[];
  readonly findings: readonly Finding[];
}

export interface Rules {
  /** True for a difference that a run may or may not meet, depending on chance or timing. */
  readonly isSometimes: (test: string) => boolean;
  readonly isReliedOn: (test: string) => boolean;
}

export function standardFor({ version, origin }: Pick<Found, 'version' | 'origin'>, record: EmulatorRecord): Standard {
  const exact = record[version];
  if (exact !== undefined && origin === 'host') return { kind: 'exact', version, record: exact };
  const newest = Object.keys(record).sort().at(-1) ?? '';
  const nearest = exact === undefined ? newest : version;
  const why =
    exact === undefined
      ? `There is no record of ${version === '' ? 'an unknown version' : `version ${version}`}.`
      : 'This emulator was not installed from the pins.';
  return { kind: 'nearest', version: nearest, record: record[nearest] ?? {}, why };
}

export function judge(result: SuiteResult, standard: Standard, rules: Rules): Judgement {
  const judged = result.map((feature) => judgeFeature(feature, standard, rules));
  const skips = result.flatMap((found) =>
    (found.skips ?? []).map(({ test, reason }) => ({
      test: testName(featureName(found), test),
      what: reason,
      isHarmless: true,
    })),
  );
  return { rows: judged.map(({ row }) => row), skips, findings: judged.flatMap(({ findings }) => findings) };
}

function judgeFeature(
  found: FeatureResult,
  { kind, record }: Standard,
  { isSometimes, isReliedOn }: Rules,
): { readonly row: Row; readonly findings: readonly Finding[] } {
  const feature = featureName(found);
  const known = record[feature]?.differences ?? {};
  const findings: Finding[] = [];
  let asKnown = 0;
  for (const { test, reason } of found.failures) {
    const name = testName(feature, test);
    if (isSometimes(name)) asKnown += 1;
    else if (known[test] === undefined) {
      findings.push({ test: name, what: reason, isHarmless: kind === 'nearest' && !isReliedOn(name) });
    } else {
      asKnown += 1;
      if (known[test] === reason || kind === 'nearest') continue;
      findings.push({ test: name, what: `differs in another way than recorded: ${reason}`, isHarmless: true });
    }
  }
  const failing = new Set(found.failures.map(({ test }) => test));
  for (const test of Object.keys(known)) {
    const name = testName(feature, test);
    if (failing.has(test) || isSometimes(name)) continue;
    findings.push({
      test: name,
      what: 'no longer differs from AWS; record it with --write',
      isHarmless: kind === 'nearest',
    });
  }
  const broken = findings.filter(({ isHarmless }) => !isHarmless).length;
  return { row: { feature, passed: found.passed, asKnown, broken, skipped: found.skipped }, findings };
}

/** Judges the end-to-end suite, in which nothing may fail. */
export function judgeEndToEnd(result: SuiteResult): Judgement {
  const nothingKnown: Standard = { kind: 'exact', version: '', record: {} };
  const none = (): boolean => false;
  const named = result.map((feature) => ({ ...feature, service: 'end-to-end' }));
  return judge(named, nothingKnown, { isSometimes: none, isReliedOn: none });
}

export const isAsExpected = ({ rows, findings }: Judgement): boolean =>
  rows.some(({ passed }) => passed > 0) && findings.every(({ isHarmless }) => isHarmless);

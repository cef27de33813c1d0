/** Counts the results of a run by feature. */
import type { SuiteEvent, TestId } from './events.js';

export interface Failure {
  readonly test: string;
  readonly reason: string;
}

export interface FeatureResult {
  readonly service: string;
  readonly feature: string;
  readonly passed: number;
  readonly failures: readonly Failure[];
  readonly skipped: number;
  /** The reasons of skipped tests, for those that give one. */
  readonly skips?: readonly Failure[];
}

/** Features by service, then in the order of the suite's files. */
export type SuiteResult = readonly FeatureResult[];

interface TestState {
  readonly test: TestId;
  state: 'passed' | 'failed' | 'skipped' | undefined;
  error?: string | undefined;
  note?: string | undefined;
}

/**
 * `unreached` is the reason that is given for tests without a result. If a hook fails, its file's tests count as
 * failed, not as skipped.
 */
export function tally(events: readonly SuiteEvent[], unreached: string): SuiteResult {
  const tests = new Map<string, TestState>();
  const fileErrors = new Map<string, string>();
  for (const event of events) {
    if (event.kind === 'file-failed') {
      fileErrors.set(`${event.service}/${event.file}`, event.error);
      continue;
    }
    const { test } = event;
    const known = tests.get(keyOf(test)) ?? { test, state: undefined };
    if (event.kind === 'result') Object.assign(known, { state: event.state, error: event.error, note: event.note });
    tests.set(keyOf(test), known);
  }
  const states = [...tests.values()];
  for (const [place, error] of fileErrors) {
    const ofFile = states.filter(({ test }) => `${test.service}/${test.file}` === place);
    const lost = ofFile.filter(({ state }) => state === 'skipped' || state === undefined);
    for (const test of lost) Object.assign(test, { state: 'failed', error });
    if (lost.length > 0 || ofFile.some(({ state }) => state === 'failed')) continue;
    // The file could not be loaded, or failed after all its tests had passed.
    states.push(lonely(place, error, ofFile[0]?.test.feature));
  }
  return groupByFeature(states, unreached);
}

const keyOf = (test: TestId): string => [test.service, test.file, test.feature, test.name].join('\n');

function lonely(place: string, error: string, feature: string | undefined): TestState {
  const [service = '', file = ''] = place.split('/');
  return { test: { service, file, feature: feature ?? file, name: 'the file as a whole' }, state: 'failed', error };
}

function groupByFeature(states: readonly TestState[], unreached: string): SuiteResult {
  const groups = new Map<string, TestState[]>();
  for (const state of states) {
    const key = `${state.test.service}\n${state.test.feature}`;
    groups.set(key, [...(groups.get(key) ?? []), state]);
  }
  const results = [...groups.values()].map((group): FeatureResult => {
    const failures = group
      .filter(({ state }) => state === 'failed' || state === undefined)
      .map(({ test, error }) => ({ test: test.name, reason: firstSentence(error ?? unreached) }));
    const count = (wanted: TestState['state']): number => group.filter(({ state }) => state === wanted).length;
    const skips = group.flatMap(({ test, state, note }) =>
      state === 'skipped' && note !== undefined ? [{ test: test.name, reason: note }] : [],
    );
    const { service = '', feature = '' } = group[0]?.test ?? {};
    const why = skips.length === 0 ? {} : { skips };
    return { service, feature, passed: count('passed'), failures, skipped: count('skipped'), ...why };
  });
  const place = ({ service, feature }: FeatureResult): string => `${service}\n${feature}`;
  return results.sort((a, b) => (place(a) < place(b) ? -1 : 1));
}

const MOST_REASON_CHARACTERS = 160;

/** Returns the first sentence without the parts that differ from run to run: random names, ports, ids. */
export function firstSentence(error: string): string {
  const plain = error
    .replace(/\u001b\[\d+m/g, '')
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi, '…')
    .replace(/\b(fleet|sfr|lt|i)-[0-9a-f]{6}[0-9a-f-]*/g, '$1-…')
    .replace(/-[0-9a-f]{10}\b/g, '-…')
    // This is an id that the message cuts short.
    .replace(/-[0-9a-f]{1,9}…/g, '-…')
    .replace(/127\.0\.0\.1:\d+/g, '127.0.0.1:…')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z?/g, '…')
    // This is the SDK's advice about an answer that it cannot parse.
    .replace(/Deserialization error: to see the raw response.*$/s, '')
    // The timeout's length is left out.
    .replace(/^Test timed out in .*$/s, 'Timed out.')
    // This includes the random seed of a property test.
    .replace(/Property failed after.*$/s, 'Property failed')
    .replace(/\s+/g, ' ')
    .trim();
  const sentence = /^.*?[.!?](?=\s[A-Z])/.exec(plain)?.[0] ?? plain;
  return sentence.length > MOST_REASON_CHARACTERS ? `${sentence.slice(0, MOST_REASON_CHARACTERS)} …` : sentence;
}

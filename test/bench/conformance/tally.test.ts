import { expect, test } from 'vitest';
import type { SuiteEvent, TestId } from '../../../bench/conformance/events.js';
import { firstSentence, tally } from '../../../bench/conformance/tally.js';
import { definedFields } from '../../../core/defined-fields.js';

const id = (name: string, extra: Partial<TestId> = {}): TestId => ({
  service: 'sqs',
  file: 'send.test.ts',
  feature: 'sending',
  name,
  ...extra,
});
const found = (test: TestId): SuiteEvent => ({ kind: 'found', test });
const result = (test: TestId, state: 'passed' | 'failed' | 'skipped', error?: string): SuiteEvent => ({
  kind: 'result',
  test,
  state,
  ...definedFields({ error }),
});

test('tests are counted by service and feature, each once', () => {
  const events = [
    found(id('one')),
    found(id('two')),
    result(id('one'), 'passed'),
    result(id('two'), 'failed', 'It is red. It should be green.'),
    result(id('three', { service: 's3', feature: 'ranges' }), 'skipped'),
  ];
  expect(tally(events, 'not run')).toEqual([
    { service: 's3', feature: 'ranges', passed: 0, failures: [], skipped: 1 },
    { service: 'sqs', feature: 'sending', passed: 1, failures: [{ test: 'two', reason: 'It is red.' }], skipped: 0 },
  ]);
});

test('a test that was found and has no result counts as failed, with why the run ended', () => {
  expect(tally([found(id('one'))], 'not reached within 10 minutes')[0]?.failures).toEqual([
    { test: 'one', reason: 'not reached within 10 minutes' },
  ]);
});

test("tests that a file's failing hook took with it count as failed, not as skipped", () => {
  const events: SuiteEvent[] = [
    found(id('one')),
    result(id('one'), 'skipped'),
    { kind: 'file-failed', service: 'sqs', file: 'send.test.ts', error: 'no answer' },
  ];
  expect(tally(events, 'not run')).toEqual([
    { service: 'sqs', feature: 'sending', passed: 0, failures: [{ test: 'one', reason: 'no answer' }], skipped: 0 },
  ]);
});

test('a file that could not be loaded is a failure of its own', () => {
  const events: SuiteEvent[] = [{ kind: 'file-failed', service: 'sqs', file: 'send.test.ts', error: 'no such module' }];
  expect(tally(events, 'not run')[0]?.failures).toEqual([{ test: 'the file as a whole', reason: 'no such module' }]);
});

test('a file that fails after its tests is red by itself, unless a test of it told already', () => {
  const afterwards: SuiteEvent = { kind: 'file-failed', service: 'sqs', file: 'send.test.ts', error: 'not removed' };
  expect(tally([result(id('one'), 'passed'), afterwards], 'not run')).toEqual([
    {
      service: 'sqs',
      feature: 'sending',
      passed: 1,
      failures: [{ test: 'the file as a whole', reason: 'not removed' }],
      skipped: 0,
    },
  ]);
  const told = tally([result(id('one'), 'failed', 'red'), afterwards], 'not run');
  expect(told[0]?.failures).toEqual([{ test: 'one', reason: 'red' }]);
});

test('a reason is the first sentence, without colours and without what differs from run to run', () => {
  expect(firstSentence('\u001b[31mThe queue q-0123456789\u001b[39m at http://127.0.0.1:4711 is gone. Make it.')).toBe(
    'The queue q-… at http://127.0.0.1:… is gone.',
  );
  expect(firstSentence('expected false to be true // Object.is equality')).toBe(
    'expected false to be true // Object.is equality',
  );
});

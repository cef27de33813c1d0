import { describe, expect, test } from 'vitest';
import type { FeatureResult } from '../../../bench/conformance/tally.js';
import { isAsExpected, judge, judgeEndToEnd, type Rules, standardFor } from '../../../bench/emulators/judge.js';
import { recordOf } from '../../../bench/emulators/record.js';
import { printedTable } from '../../../bench/emulators/table.js';

const result = (failing: Readonly<Record<string, string>>, passed = 2): FeatureResult => ({
  service: 'sqs',
  feature: 'long polls',
  passed,
  failures: Object.entries(failing).map(([name, reason]) => ({ test: name, reason })),
  skipped: 0,
});
const RULES: Rules = {
  isSometimes: (name) => name.endsWith('now and then'),
  isReliedOn: (name) => name.endsWith('needed'),
};
const RECORD = { '4.12.0': { 'sqs: long polls': { tests: 3, differences: { 'an abort': 'timed out' } } } };
const HOST = { version: '4.12.0', origin: 'host' } as const;

describe('an emulator with a record of its version', () => {
  const standard = standardFor(HOST, RECORD);
  const judged = (failing: Readonly<Record<string, string>>) => judge([result(failing)], standard, RULES);

  test('may differ as recorded', () => {
    expect(judged({ 'an abort': 'timed out' })).toEqual({
      rows: [{ feature: 'sqs: long polls', passed: 2, asKnown: 1, broken: 0, skipped: 0 }],
      skips: [],
      findings: [],
    });
  });

  test('a skipped test is shown with its reason, and is not a finding', () => {
    const skipped = { ...result({}), skipped: 1, skips: [{ test: 'in Docker', reason: 'there is none' }] };
    const { findings, skips } = judge([skipped], { ...standard, record: {} }, RULES);
    expect(findings).toEqual([]);
    expect(skips).toEqual([{ test: 'sqs: long polls > in Docker', what: 'there is none', isHarmless: true }]);
  });

  test('a difference that is not recorded fails the run', () => {
    const judgement = judged({ 'an abort': 'timed out', other: 'expected 1 to be 2' });
    expect(judgement.findings).toEqual([
      { test: 'sqs: long polls > other', what: 'expected 1 to be 2', isHarmless: false },
    ]);
    expect(isAsExpected(judgement)).toBe(false);
  });

  test('a recorded difference that is gone fails the run until it is recorded', () => {
    const judgement = judged({});
    expect(judgement.findings).toMatchObject([{ what: expect.stringMatching(/no longer differs.*--write/) as string }]);
    expect(isAsExpected(judgement)).toBe(false);
  });

  test('another reason than the recorded one is shown, and does not fail the run', () => {
    const judgement = judged({ 'an abort': 'no such queue' });
    expect(judgement.findings).toMatchObject([{ isHarmless: true }]);
    expect(isAsExpected(judgement)).toBe(true);
  });

  test('a difference that only some runs meet is expected whether met or not, and stays recorded', () => {
    expect(isAsExpected(judged({ 'an abort': 'timed out', 'now and then': 'late' }))).toBe(true);
    expect(isAsExpected(judged({ 'an abort': 'timed out' }))).toBe(true);
    const before = recordOf([result({ 'now and then': 'late' })], undefined, RULES.isSometimes);
    expect(recordOf([result({})], before, RULES.isSometimes)).toEqual({
      'sqs: long polls': { tests: 2, differences: { 'now and then': 'late' } },
    });
  });
});

describe('another version, or another installation than the pins', () => {
  test.each([
    [{ version: '4.13.0', origin: 'running' } as const, 'no record of version 4.13.0'],
    [{ version: '', origin: 'given' } as const, 'no record of an unknown version'],
    [{ version: '4.12.0', origin: 'docker' } as const, 'not installed from the pins'],
  ])('%j is compared with the nearest record, and the output says why', (found, why) => {
    const standard = standardFor(found, RECORD);
    expect(standard).toMatchObject({ kind: 'nearest', version: '4.12.0', why: expect.stringContaining(why) as string });
  });

  test('it must be right where spotpool relies on it; other differences are only shown', () => {
    const standard = standardFor({ version: '4.13.0', origin: 'host' }, RECORD);
    const judged = (failing: Readonly<Record<string, string>>) => judge([result(failing)], standard, RULES);
    expect(judged({ other: 'differs' }).findings).toMatchObject([{ isHarmless: true }, { isHarmless: true }]);
    expect(isAsExpected(judged({ other: 'differs' }))).toBe(true);
    expect(isAsExpected(judged({ needed: 'differs' }))).toBe(false);
  });
});

test('in the end-to-end suite nothing may fail, and at least one test must pass', () => {
  expect(isAsExpected(judgeEndToEnd([result({})]))).toBe(true);
  expect(isAsExpected(judgeEndToEnd([result({ 'a notice': 'lost' })]))).toBe(false);
  expect(isAsExpected(judgeEndToEnd([result({}, 0)]))).toBe(false);
});

test('one table shows both suites, and the unexpected results follow it', () => {
  const conformance = judge([result({ 'an abort': 'timed out' })], standardFor(HOST, RECORD), RULES);
  const endToEnd = judgeEndToEnd([{ ...result({ 'a notice': 'lost' }), feature: 'reclaims' }]);
  const printed = printedTable([conformance, endToEnd]);
  expect(printed).toMatch(/^ +passed +known difference +broken$/m);
  expect(printed).toMatch(/^sqs: long polls +2 +1 +·$/m);
  expect(printed).toMatch(/^end-to-end: reclaims +2 +· +1$/m);
  expect(printed).toMatch(/^all +4 +1 +1$/m);
  expect(printed).toContain('Not as expected:\n  end-to-end: reclaims > a notice\n    lost');
});

import { expect, test } from 'vitest';
import { conformancePage, printedReport } from '../../../bench/conformance/report.js';
import type { FeatureResult } from '../../../bench/conformance/tally.js';

const feature = (service: string, name: string, passed: number, failed: number): FeatureResult => ({
  service,
  feature: name,
  passed,
  failures: Array.from({ length: failed }, (_, n) => ({ test: `test ${n}`, reason: 'a | b' })),
  skipped: 0,
});
const columns = [
  {
    title: 'local cloud',
    services: 'all' as const,
    result: [feature('s3', 'ranges', 2, 0), feature('sqs', 'sending', 3, 0)],
  },
  { title: 'other 1.0', services: ['sqs'], result: [feature('sqs', 'sending', 1, 2)] },
];
const leftOut = [{ title: 'third 2.0', reason: 'It needs Node 99.0 or newer.' }];

test('the printed table has a row a feature, a column an endpoint, and what failed', () => {
  const printed = printedReport(columns, leftOut);
  expect(printed).toMatch(/^s3: ranges +2 of 2 +–$/m);
  expect(printed).toMatch(/^sqs: sending +3 of 3 +1 of 3$/m);
  expect(printed).toMatch(/^all +5 of 5 +1 of 3$/m);
  expect(printed).not.toContain('What failed');
  expect(printedReport(columns.slice(1), [])).toContain('What failed:\n  sqs: sending: test 0\n    a | b');
  expect(printed).toContain('third 2.0: It needs Node 99.0 or newer.');
});

test('the page names what failed of the others, with no character that Markdown would take for markup', () => {
  const page = conformancePage(columns, leftOut);
  expect(page).toContain('| s3: ranges | 2 of 2 | – |');
  expect(page).toContain('- sqs: sending\n  - test 0 — a \\| b\n');
});

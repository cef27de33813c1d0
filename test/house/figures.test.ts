import { expect, it } from 'vitest';
import { placesOf } from '../../bench/house/figures.js';

it('counts the lines that describe a field, and not those that act by its value', () => {
  const figures = placesOf([
    { file: 'core/contract/job-options.ts', source: "loadTimeoutSeconds: row('--load-timeout'),\nmaxFailed: 1,\n" },
    { file: 'runner/cli/job-options.ts', source: 'loadTimeoutSeconds:\n  seconds,\n' },
    { file: 'worker/slot/slot.ts', source: 'await ready(loadTimeoutSeconds);\n' },
  ]);
  expect(figures).toMatchObject({
    'lines that describe a job option (--load-timeout)': 2,
    'files that describe a job option (--load-timeout)': 2,
    'lines that describe a stack field (the dead letter queue)': 0,
  });
});

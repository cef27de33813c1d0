import { expect, it } from 'vitest';
import { resultsCommandLine } from '../../../../runner/commands/advice/command-lines.js';

it('the command that fetches results again has every option that changes what they hold', () => {
  const results = { withInput: true, withSource: true, ids: false, only: 'ok' } as const;
  expect(resultsCommandLine({ job: 'one', out: 'r.csv', results, flags: { local: true } })).toBe(
    'spotpool results one --local --out r.csv --only ok --with-input --with-source --no-ids',
  );
});

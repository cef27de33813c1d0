/** A program's options mean what the command line's mean. */
import { describe, expect, it } from 'vitest';
import { flagsOf } from '../../../runner/api/checked-settings.js';
import type { JobSettings } from '../../../runner/api/types.js';
import { type Call, type CommandDefinition, defineCommand } from '../../../runner/cli/command.js';
import { jobOptionRows } from '../../../runner/cli/job-options.js';
import { runCommandLine } from '../../../runner/cli/program.js';
import { FakeStack } from '../../support/fake-stack.js';

/** Each option with the words of the command line that mean the same. */
const CASES: { readonly [Name in keyof Required<JobSettings>]: readonly [JobSettings[Name], readonly string[]] } = {
  model: ['m.py', []],
  files: [
    ['a', 'b'],
    ['--files', 'a', '--files', 'b'],
  ],
  perLine: [true, ['--per-line']],
  requirements: ['r.txt', ['--requirements', 'r.txt']],
  wheels: ['index', ['--wheels', 'index']],
  weights: ['w', ['--weights', 'w']],
  setup: ['make', ['--setup', 'make']],
  ship: [['.env'], ['--ship', '.env']],
  followLinks: [true, ['--follow-links']],
  anyPlatform: [true, ['--any-platform']],
  columns: [
    ['a', 'b'],
    ['--columns', 'a,b'],
  ],
  sample: [10, ['--sample', '10']],
  seed: [7, ['--seed', '7']],
  limit: [3, ['--limit', '3']],
  strict: [true, ['--strict']],
  format: ['csv', ['--format', 'csv']],
  delimiter: ['tab', ['--delimiter', 'tab']],
  idField: ['a.b', ['--id-field', 'a.b']],
  keep: [
    ['a', 'b'],
    ['--keep', 'a,b'],
  ],
  bigIntegers: ['string', ['--big-integers', 'string']],
  id: ['mine', ['--id', 'mine']],
  name: ['My job', ['--name', 'My job']],
  batchSize: [20, ['--batch-size', '20']],
  batchBytes: [1_000, ['--batch-bytes', '1000']],
  try: [false, ['--no-try']],
  maxWorkers: [5, ['--max-workers', '5']],
  slots: ['cpus', ['--slots', 'cpus']],
  slotsPerGpu: [2, ['--slots-per-gpu', '2']],
  concurrency: [4, ['--concurrency', '4']],
  maxAttempts: [9, ['--max-attempts', '9']],
  itemTimeoutSeconds: [1.5, ['--item-timeout', '1.5']],
  loadTimeoutSeconds: [60, ['--load-timeout', '60']],
  nan: ['null', ['--nan', 'null']],
  env: [{ A: '1', B: 'x=y' }, ['--env', 'A=1', '--env', 'B=x=y']],
  secrets: [
    { A: 'arn:aws:secretsmanager:us-east-1:123456789012:secret:a' },
    ['--secret', 'A=arn:aws:secretsmanager:us-east-1:123456789012:secret:a'],
  ],
  maxInstanceHours: [0.5, ['--max-instance-hours', '0.5']],
  maxFailed: ['5%', ['--max-failed', '5%']],
};

async function parsedBy(words: readonly string[]): Promise<Readonly<Record<string, unknown>>> {
  let seen: Call<never, typeof jobOptionRows>['options'] | undefined;
  const command: CommandDefinition = defineCommand({
    name: 'parse',
    description: 'Parse the options of a job.',
    args: {},
    options: jobOptionRows,
    examples: [],
    run: async ({ options }: Call<never, typeof jobOptionRows>) => {
      seen = options;
      return 0;
    },
  });
  expect(await runCommandLine(['parse', '--model', 'm.py', ...words], new FakeStack().context(), [command])).toBe(0);
  const { json: _json, ...options } = { json: false, ...seen };
  return options;
}

describe('an option of a program', () => {
  it.each(Object.entries(CASES))('%s means what it means on the command line', async (name, [value, words]) => {
    expect(flagsOf({ model: 'm.py', [name]: value }, 'submit')).toEqual(await parsedBy(words));
  });

  it('that is an empty list or object means nothing', async () => {
    expect(flagsOf({ model: 'm.py', files: [], env: {} }, 'submit')).toEqual(await parsedBy([]));
  });
});

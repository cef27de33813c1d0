import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { endsKey } from '../../../core/contract/keys.js';
import { FakeStack } from '../../support/fake-stack.js';

let stack: FakeStack;
beforeEach(async () => {
  stack = new FakeStack();
  stack.cwd = await mkdtemp(path.join(os.tmpdir(), 'spotpool-test-'));
  await writeFile(path.join(stack.cwd, 'model.mjs'), 'export const predict = (items) => items;\n');
});
afterEach(() => rm(stack.cwd, { recursive: true }));

/** Items that fail in each batch of two. */
function failing(inBatch: number): void {
  const commit = stack.commit.bind(stack);
  stack.commit = (job, batch) => commit(job, batch, inBatch);
}

async function run(items: number, ...more: string[]): Promise<number> {
  await writeFile(path.join(stack.cwd, 'data.txt'), 'item\n'.repeat(items));
  return stack.run('run', 'data.txt', '--model', 'model.mjs', '--batch-size', '2', '--id', 'j', ...more);
}

describe('a job of which every item failed', () => {
  it('is no success although it is complete: run, watch and results exit with 3', async () => {
    failing(2);
    expect(await run(6)).toBe(3);
    expect(await stack.run('watch', 'j')).toBe(3);
    expect(await stack.run('results', 'j', '--out', 'again.jsonl')).toBe(3);
    const text = stack.terminal.stdout;
    expect(text).not.toContain('✓');
    expect(
      text.match(/✗ Job j is complete(?: after .*)?, but no item succeeded\.\n\n {2}Odd: item 0 is odd\n/g),
    ).toHaveLength(2);
    expect(text.match(/To read all logs of the model: spotpool logs j\n\n/g)).toHaveLength(2);
  });

  it('is ended after the first batches when it is large, and keeps its results', async () => {
    failing(2);
    expect(await run(400)).toBe(3);
    expect(stack.terminal.stdout).toMatch(
      /✗ Job j failed after .*\n\n {2}Odd: item \d+ is odd\n\n {2}Not one item is ok: /,
    );
    expect(stack.terminal.stdout).toMatch(/batches +2\d of 200 done/);
    expect(await stack.run('results', 'j', '--out', 'again.jsonl')).toBe(3);
  });

  it('is a success with --max-failed 100%', async () => {
    failing(2);
    expect(await run(6, '--max-failed', '100%')).toBe(0);
    expect(await stack.run('results', 'j', '--out', 'again.jsonl')).toBe(0);
    expect(stack.terminal.stdout).toContain('! Job j is complete');
  });
});

describe('a job with --max-failed', () => {
  it('is a success up to its maximum', async () => {
    failing(1);
    expect(await run(10, '--max-failed', '50%')).toBe(0);
  });

  it('is ended with 3 once more have failed, and its status says how many may', async () => {
    failing(1);
    expect(await run(100, '--max-failed', '4')).toBe(3);
    expect(stack.terminal.stdout).toMatch(
      / items have failed, and --max-failed is 4\. The job was ended with \d+ of 50 batches left\./,
    );
    await stack.run('status', 'j', '--json');
    expect(JSON.parse(stack.terminal.stdout.trimEnd().split('\n').at(-1) ?? '')).toMatchObject({
      state: 'failed',
      maxFailed: 4,
    });
  });

  it('takes a number or a percentage, and nothing else', async () => {
    expect(await run(2, '--max-failed', 'some')).toBe(2);
    expect(stack.terminal.stderr).toContain('It must be a whole number of items, or a percentage from 0% to 100%');
  });

  it('is another job with another maximum', async () => {
    const submit = ['submit', 'data.txt', '--model', 'model.mjs', '--id', 'j', '--max-failed'];
    await writeFile(path.join(stack.cwd, 'data.txt'), 'item\n');
    expect(await stack.run(...submit, '4')).toBe(0);
    expect(await stack.run(...submit, '5%')).toBe(2);
    expect(stack.terminal.stderr).toContain('--max-failed was 4, now 5%');
  });
});

it('the summary and the results include batches that workers committed after the job was ended', async () => {
  failing(1);
  stack.staysUp = true;
  let ticksLeft = 4;
  stack.onTick = () => {
    if (stack.store.text(endsKey('j')) !== undefined) ticksLeft -= 1;
    stack.staysUp = ticksLeft > 0;
  };
  expect(await run(100, '--max-failed', '4')).toBe(3);
  const text = stack.terminal.stdout;
  const count = (pattern: RegExp): number => Number(pattern.exec(text)?.[1]);
  const failed = count(/items +\d+ ok, (\d+) failed/);
  expect(failed).toBeGreaterThan(count(/(\d+) of its 100 items have failed/));
  const written = (await readFile(path.join(stack.cwd, 'data.results.jsonl'), 'utf8')).trimEnd().split('\n');
  expect(written.filter((line) => line.includes('"ok":false'))).toHaveLength(failed);
});

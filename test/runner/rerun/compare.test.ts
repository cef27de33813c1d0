import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { computeWith } from '../../support/computing-stack.js';
import { FakeStack } from '../../support/fake-stack.js';
import { RecordingTerminal } from '../../support/recording-terminal.js';

let stack: FakeStack;
beforeEach(async () => {
  stack = new FakeStack();
  stack.cwd = await mkdtemp(path.join(os.tmpdir(), 'spotpool-compare-'));
  await writeFile(path.join(stack.cwd, 'data.jsonl'), Array.from({ length: 6 }, (_, n) => `{"n":${n}}\n`).join(''));
  // ADD is added to a large integer, and the item that FAIL names fails.
  computeWith(stack, (json, { options: { env } }) => {
    const n = /\d+/.exec(json)?.[0] ?? '';
    if (env['FAIL'] === n) return undefined;
    return `{"id":${9007199254740993n + BigInt(env['ADD'] ?? '0')},"n":${n}}`;
  });
});
afterEach(() => rm(stack.cwd, { recursive: true }));

async function spotpool(...argv: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  stack.terminal = new RecordingTerminal();
  stack.instances = [];
  const code = await stack.run(...argv);
  const { stdout, stderr } = stack.terminal;
  return { code, stdout, stderr };
}

const run = (id: string, env: readonly string[] = []) =>
  spotpool(
    ...[
      'run',
      'data.jsonl',
      '--model',
      'cat',
      '--per-line',
      '--id',
      id,
      '--out',
      `${id}.out.jsonl`,
      '--batch-size',
      '2',
    ],
    ...env.flatMap((variable) => ['--env', variable]),
  );

describe('spotpool compare', () => {
  it('finds equal results, with and without a reason to fail', async () => {
    await run('a');
    await run('b');
    const { code, stdout } = await spotpool('compare', 'a', 'b', '--fail-on-change');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^equal +6\nchanged +0\nnewly failed +0\nnewly ok +0\n\n/);
  });

  it('sees the last digit of an integer that no double holds', async () => {
    await run('a');
    await run('b', ['ADD=-1']);
    const { code, stdout } = await spotpool('compare', 'a', 'b', '--fail-on-change');
    expect(code).toBe(1);
    expect(stdout).toContain('output.id  6 items  by up to 1  item 0: 9007199254740993 → 9007199254740992');
    expect((await spotpool('compare', 'a', 'b')).code).toBe(0);
    expect((await spotpool('compare', 'a', 'b', '--fail-on-change', '--tolerance', '1e-6')).code).toBe(0);
  });

  it('prints everything as one object for programs', async () => {
    await run('a', ['FAIL=2']);
    await run('b', ['FAIL=4', 'ADD=1']);
    const { stdout } = await spotpool('compare', 'a', 'b', '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      jobs: [
        { job: 'a', state: 'complete', items: { total: 6, ok: 5, failed: 1 } },
        { job: 'b', state: 'complete', items: { total: 6, ok: 5, failed: 1 } },
      ],
      indexesOf: 'a',
      items: { equal: 0, changed: 4, newlyFailed: 1, newlyOk: 1, failedInBoth: 0, onlyBefore: 0, onlyAfter: 0 },
      fields: [{ field: 'output.id', items: 4, difference: 1 }],
      newlyFailed: [{ index: 4, code: 'Odd' }],
      newlyOk: [{ index: 2, code: 'Odd' }],
      damagedBatches: 0,
    });
  });

  it('compares a job with its rerun, and two reruns with each other, by the indexes of the job that they share', async () => {
    await run('a', ['FAIL=2']);
    await spotpool('rerun', 'a', '--items', '1-3', '--id', 'r1', '--env', 'FAIL=3');
    await spotpool('rerun', 'a', '--items', '3-4', '--id', 'r2', '--env', 'FAIL=');
    const json = async (...jobs: readonly string[]): Promise<unknown> =>
      JSON.parse((await spotpool('compare', ...jobs, '--json')).stdout);
    expect(await json('a', 'r1')).toMatchObject({
      indexesOf: 'a',
      items: { equal: 1, newlyFailed: 1, newlyOk: 1, onlyBefore: 3, onlyAfter: 0 },
      newlyFailed: [{ index: 3 }],
      newlyOk: [{ index: 2 }],
    });
    expect(await json('r1', 'r2')).toMatchObject({
      indexesOf: 'a',
      items: { equal: 0, newlyOk: 1, onlyBefore: 2, onlyAfter: 1 },
      newlyOk: [{ index: 3 }],
    });
    // The items that were not chosen are no change.
    await spotpool('rerun', 'a', '--items', '0', '--id', 'r3');
    expect((await spotpool('compare', 'a', 'r3', '--fail-on-change')).code).toBe(0);
  });

  it('counts items that only one of two whole jobs has as a change', async () => {
    await run('a');
    await spotpool('submit', 'data.jsonl', '--model', 'cat', '--per-line', '--id', 'b', '--batch-size', '2');
    await stack.commit('b', 1);
    const { code, stdout, stderr } = await spotpool('compare', 'a', 'b', '--fail-on-change');
    expect(code).toBe(1);
    expect(stdout).toMatch(/equal +2[\s\S]*only in a +4/);
    expect(stderr).toContain('Job b has not ended, so only its finished batches are compared.');
  });

  it.each([
    [['a', 'a'], /Job a is compared with itself/],
    [['a', 'other'], /Jobs a and other have different datasets \(data\.jsonl and other\.jsonl\)/],
    [['a', 'b', '--tolerance', '2'], /It must be a number between 0 and 1/],
    [['a', 'nobody'], /There is no job nobody/],
  ])('refuses %j', async (argv, message) => {
    await stack.plantJob('a', 1);
    const dataset = { name: 'other.jsonl', digest: 'o', kind: 'lines', items: 2, bytes: 9, badItems: 0 } as const;
    await stack.plantJob('other', 1, { dataset });
    const { code, stderr } = await spotpool('compare', ...argv);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
  });
});

import { beforeEach, describe, expect, it } from 'vitest';
import { decodeBatchMessage } from '../../../core/contract/batch-message.js';
import {
  decodeEnds,
  encodeEnds,
  endOf,
  MOST_RESUMES,
  NO_ENDS,
  resumeOf,
  withEnd,
  withResume,
} from '../../../core/contract/ends.js';
import { doneKey, enqueuedKey, endsKey, progressKey, unableKey } from '../../../core/contract/keys.js';
import { LOWEST_WORKER_VERSION } from '../../../core/contract/version.js';
import { encodeProgress, NO_PROGRESS } from '../../../core/pool/progress.js';
import { FakeStack } from '../../support/fake-stack.js';

let stack: FakeStack;
const at = '2026-01-01T00:00:00.000Z';
const { signal } = new AbortController();
const put = (key: string, body: string): Promise<unknown> => stack.store.put(key, body, { signal });
const ends = () => decodeEnds(stack.store.text(endsKey('j')) ?? '');
const { stringify } = JSON;

beforeEach(async () => {
  stack = new FakeStack();
  await stack.plantJob('j', 6);
  await stack.commit('j', 1);
  stack.undone.set('j', []);
});

/** Records the messages that are sent, beside the stack's own queue. */
async function sentBy(
  ...argv: readonly string[]
): Promise<{ readonly code: number; readonly bodies: readonly string[] }> {
  const bodies: string[] = [];
  stack.broken = {
    queue: {
      send: async (more) => void bodies.push(...more),
      counts: async () => ({ visible: 0, inFlight: 0, delayed: 0 }),
    },
  };
  return { code: await stack.run(...argv), bodies };
}

describe('spotpool resume', () => {
  it('sends exactly the batches without an outcome, marked as sent again, to workers that know resumes', async () => {
    expect(await stack.run('cancel', 'j')).toBe(0);
    expect(stack.terminal.stdout).toContain('spotpool resume j\n');
    const { code, bodies } = await sentBy('resume', 'j');
    expect(code).toBe(0);
    const messages = bodies.map(decodeBatchMessage);
    expect(messages.map((message) => message?.batch)).toEqual([0, 2, 3, 4, 5]);
    expect(messages.every((message) => message?.again && message.worker === LOWEST_WORKER_VERSION)).toBe(true);
    expect(stack.terminal.stdout).toContain('Job j goes on: 5 batches without an outcome were sent, and 1 are done.');
    expect(await stack.run('status', 'j')).toBe(0);
    expect(stack.terminal.stdout).toContain('running');
  });

  it('lets the job come to its end, and the job can be resumed again when it is cancelled again', async () => {
    expect(await stack.run('cancel', 'j')).toBe(0);
    expect(await stack.run('resume', 'j', '--max-workers', '3')).toBe(0);
    expect(await stack.run('cancel', 'j')).toBe(0);
    expect(await stack.run('resume', 'j', '--max-failed', '5%')).toBe(0);
    expect(await stack.run('watch', 'j')).toBe(0);
    const list = ends();
    expect(list?.entries.map(({ kind }) => kind)).toEqual(['end', 'resume', 'end', 'resume', 'end']);
    expect(list && endOf(list)?.state).toBe('complete');
    expect(list && resumeOf(list)?.options).toEqual({ maxWorkers: 3, maxFailed: '5%' });
  });

  it('lets a job go on that an older version has ended, and the marks of before end it no more', async () => {
    await put(doneKey('j'), stringify({ state: 'failed', reason: 'Nobody could load it.', at }));
    for (const instance of ['i-7', 'i-8', 'i-9']) {
      await put(unableKey('j', instance), stringify({ instance, phase: 'load', message: 'No module', at }));
    }
    stack.store.nowMs += 60_000;
    expect(await stack.run('resume', 'j')).toBe(0);
    expect(ends()?.entries).toMatchObject([
      { kind: 'end', number: 1, state: 'failed', reason: 'Nobody could load it.' },
      { kind: 'resume', number: 2, by: 'tester' },
    ]);
    expect(await stack.run('watch', 'j')).toBe(0);
    expect(stack.store.text(doneKey('j'))).toContain('failed');
  });

  it('is refused while the guard of hours is used up, with a sentence that says what to raise it to', async () => {
    const usage = { instanceSeconds: 7_200, countedAt: at };
    await put(progressKey('j'), encodeProgress({ ...NO_PROGRESS, usage }));
    expect(await stack.run('cancel', 'j')).toBe(0);
    expect(await stack.run('resume', 'j', '--max-instance-hours', '2')).toBe(2);
    expect(stack.terminal.stderr).toContain('has used 2.00 instance-hours, and --max-instance-hours is 2');
    expect(stack.terminal.stderr).toContain('--max-instance-hours 4');
    expect(ends()?.entries).toHaveLength(1);
    expect(await stack.run('resume', 'j', '--max-instance-hours', '4')).toBe(0);
    expect(await stack.run('cancel', 'j')).toBe(0);
    expect(await stack.run('resume', 'j', '--max-instance-hours', '1')).toBe(2);
  });

  it('has nothing to do for a job that runs or is complete, and exits 1', async () => {
    expect(await stack.run('resume', 'j')).toBe(1);
    expect(stack.terminal.stderr).toContain('has not ended (running)');
    for (const batch of [0, 2, 3, 4, 5]) await stack.commit('j', batch);
    expect(await stack.run('resume', 'j')).toBe(1);
    expect(stack.terminal.stderr).toContain('is complete');
    expect(ends()).toBeUndefined();
  });

  it('sends the batches of a submission that broke off, too', async () => {
    stack.store.objects.delete(enqueuedKey('j'));
    expect(await stack.run('cancel', 'j')).toBe(0);
    const { bodies } = await sentBy('resume', 'j');
    expect(bodies).toHaveLength(5);
    expect(stack.store.text(enqueuedKey('j'))).toBeDefined();
  });

  it('writes one resume when two people resume the job at once', async () => {
    expect(await stack.run('cancel', 'j')).toBe(0);
    const codes = await Promise.all([stack.run('resume', 'j'), stack.run('resume', 'j')]);
    expect(codes.sort()).toEqual([0, 1]);
    expect(ends()?.entries).toHaveLength(2);
  });

  it('is refused when the job was resumed as often as it may be, which leaves room for its end', async () => {
    let list = withEnd(NO_ENDS, { state: 'cancelled', reason: 'no', at });
    const before = { batches: { done: 0, failed: 0 }, items: { ok: 0, failed: 0 } };
    for (let resumes = 0; resumes < MOST_RESUMES - 1; resumes += 1) {
      list = withResume(list, { at, by: 'me', options: {}, before });
      list = withEnd(list, { state: 'cancelled', reason: 'no', at });
    }
    await put(endsKey('j'), encodeEnds(list));
    expect(await stack.run('resume', 'j')).toBe(0);
    expect(await stack.run('cancel', 'j')).toBe(0);
    expect(await stack.run('resume', 'j')).not.toBe(0);
    expect(stack.terminal.stderr).toContain(`Job j was resumed ${MOST_RESUMES} times`);
  });
});

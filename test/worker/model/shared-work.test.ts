import { describe, expect, it } from 'vitest';
import { eventually } from '../../support/eventually.js';
import { SharedWork } from '../../../worker/model/shared-work.js';

const never = new AbortController().signal;

/** Makes work that ends when the test says so, or when it is aborted. */
function controlled(): {
  work: (signal: AbortSignal) => Promise<string>;
  finish: (result: string) => void;
  runs: AbortSignal[];
} {
  const runs: AbortSignal[] = [];
  let finish: (result: string) => void = () => undefined;
  const work = async (signal: AbortSignal): Promise<string> => {
    runs.push(signal);
    return new Promise((resolve, reject) => {
      finish = resolve;
      signal.addEventListener('abort', () => {
        reject(new Error('given up'));
      });
    });
  };
  return { work, runs, finish: (result) => finish(result) };
}

describe('work that several callers want', () => {
  it('is done once for all of them', async () => {
    const shared = new SharedWork<string>();
    const { work, finish, runs } = controlled();
    const both = Promise.all([shared.run('a', never, work), shared.run('a', never, work)]);
    finish('done');
    expect(await both).toEqual(['done', 'done']);
    expect(runs).toHaveLength(1);
  });

  it('goes on while one caller wants it, and is aborted when none does', async () => {
    const shared = new SharedWork<string>();
    const { work, runs } = controlled();
    const [first, second] = [new AbortController(), new AbortController()];
    const calls = [shared.run('a', first.signal, work), shared.run('a', second.signal, work)];
    first.abort(new Error('first left'));
    await expect(calls[0]).rejects.toThrow('first left');
    expect(runs[0]?.aborted).toBe(false);
    second.abort(new Error('second left'));
    await expect(calls[1]).rejects.toThrow('second left');
    expect(runs[0]?.aborted).toBe(true);
  });

  it('is still done for a caller that comes while another one leaves', async () => {
    const shared = new SharedWork<string>();
    const { work, finish, runs } = controlled();
    const abort = new AbortController();
    const left = shared.run('a', abort.signal, work);
    abort.abort(new Error('left'));
    const stays = shared.run('a', never, work);
    await expect(left).rejects.toThrow('left');
    finish('done');
    expect(await stays).toBe('done');
    expect(runs).toHaveLength(1);
  });

  it('starts again after it was aborted or failed', async () => {
    const shared = new SharedWork<string>();
    const { work, finish, runs } = controlled();
    const abort = new AbortController();
    const left = shared.run('a', abort.signal, work);
    abort.abort();
    await expect(left).rejects.toThrow();
    const again = shared.run('a', never, work);
    await eventually(() => runs.length === 2);
    finish('second');
    expect(await again).toBe('second');
  });
});

it('can be waited for after it was aborted, until it is over', async () => {
  const shared = new SharedWork<string>();
  let finish: () => void = () => undefined;
  const slowToEnd = (): Promise<string> =>
    new Promise((_, reject) => {
      finish = () => reject(new Error('given up'));
    });
  const controller = new AbortController();
  const run = shared.run('/models/a', controller.signal, slowToEnd);
  controller.abort(new Error('not wanted'));
  await expect(run).rejects.toThrow('not wanted');
  const seen: string[] = [];
  const over = SharedWork.ended('/models').then(() => seen.push('over'));
  await SharedWork.ended('/elsewhere');
  seen.push('elsewhere');
  finish();
  await over;
  expect(seen).toEqual(['elsewhere', 'over']);
});

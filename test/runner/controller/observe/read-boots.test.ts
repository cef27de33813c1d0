import { beforeEach, describe, expect, it } from 'vitest';
import { bootLogKey, workerLogKey } from '../../../../core/contract/keys.js';
import { Stage } from '../stage.js';

const MAX_IDLE_MS = 600_000;

describe('a pool whose instances end without a status (R10)', () => {
  let stage: Stage;

  beforeEach(async () => {
    stage = new Stage();
    stage.store.nowMs = stage.nowMs;
    await stage.addJob('a', 3);
    await stage.pass();
  });

  /** An instance comes, lives for a while, and ends without having written a status. */
  async function comeAndGo(livesMs: number, leaves?: (instance: string) => Promise<void>): Promise<string | undefined> {
    const instance = `i-${stage.instances.length}`;
    const launchedAtMs = stage.nowMs + 1;
    const place = { instanceType: 'c7g.large', zone: 'us-east-1a' };
    stage.instances.push({ instance, state: 'running', ...place, launchedAtMs, reclaimed: false });
    stage.nowMs += livesMs;
    stage.store.nowMs = stage.nowMs;
    await leaves?.(instance);
    stage.end(instance);
    const { jobs, events } = await stage.pass({ maxIdleMs: MAX_IDLE_MS });
    told.push(...events.map(({ code }) => code));
    return jobs[0]?.state;
  }
  let told: string[] = [];
  beforeEach(() => (told = []));

  it('waits when their workers may have been cut off for their maximum idle time, and says so once', async () => {
    for (let count = 0; count < 6; count++) expect(await comeAndGo(MAX_IDLE_MS + 30_000)).toBe('running');
    expect(told.filter((code) => code === 'instances-cut-off')).toHaveLength(1);
    expect(stage.target).toBeGreaterThan(0);
  });

  it('fails the job when three in a row end too soon for a worker that was cut off', async () => {
    expect(await comeAndGo(MAX_IDLE_MS + 30_000)).toBe('running');
    expect(await comeAndGo(40_000)).toBe('running');
    expect(await comeAndGo(40_000)).toBe('running');
    expect(await comeAndGo(40_000)).toBe('failed');
  });

  it.each([
    ['boot log that ends with a failure', bootLogKey, '12.1 s: fetching\n80 s: the boot script ends with 1\n'],
    ['log of a worker that crashed', workerLogKey, 'Error\n'],
  ])('fails the job when three leave the %s, however long they lived', async (_name, key, log) => {
    const leave = (instance: string): Promise<void> => stage.write(key(instance), log);
    expect(await comeAndGo(MAX_IDLE_MS * 2, leave)).toBe('running');
    expect(await comeAndGo(MAX_IDLE_MS * 2, leave)).toBe('running');
    expect(await comeAndGo(MAX_IDLE_MS * 2, leave)).toBe('failed');
  });

  it('waits when the boot scripts ended well, and their workers were cut off then', async () => {
    const leave = (instance: string): Promise<void> =>
      stage.write(bootLogKey(instance), '9 s: starting the worker\n80 s: the boot script ends with 0\n');
    for (let count = 0; count < 4; count++) expect(await comeAndGo(MAX_IDLE_MS * 2, leave)).toBe('running');
  });
});

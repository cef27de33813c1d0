import { describe, expect, it } from 'vitest';
import { historyKey } from '../../../core/contract/keys.js';
import { decodePoolHistory, type PoolHistory } from '../../../core/contract/pool-history.js';
import { newControllerMemory } from '../../../runner/controller/memory.js';
import type { PassReport } from '../../../runner/controller/report.js';
import { Stage } from './stage.js';

const SECOND = 1_000;

async function atWork(): Promise<Stage> {
  const stage = new Stage();
  await stage.addJob('a', 4);
  stage.counts = { visible: 4, inFlight: 0, delayed: 0 };
  await stage.pass();
  await stage.arrive();
  return stage;
}

async function passes(stage: Stage, count: number, everyMs = SECOND): Promise<PassReport[]> {
  const reports: PassReport[] = [];
  for (let pass = 0; pass < count; pass++) {
    stage.nowMs += everyMs;
    reports.push(await stage.pass());
  }
  return reports;
}

const history = (stage: Stage, job = 'a'): PoolHistory | undefined =>
  decodePoolHistory(stage.store.text(historyKey(job)) ?? '', job);
const puts = (stage: Stage): number => stage.store.writes.filter((key) => key === historyKey('a')).length;

describe('the history of the pool', () => {
  it('is put once a minute while the job goes on', async () => {
    const stage = await atWork();
    await passes(stage, 5, 10 * SECOND);
    expect(puts(stage)).toBe(0);
    await passes(stage, 30, 10 * SECOND);
    expect(puts(stage)).toBe(5);
    expect(history(stage)?.instances.map(({ instance }) => instance)).toEqual(['i-0', 'i-1', 'i-2', 'i-3']);
    expect(history(stage)?.points.at(-1)).toMatchObject({ target: 4, fulfilled: 4, left: 4 });
  });

  it('is put at the end of the job, and once more when its last instance has gone', async () => {
    const stage = await atWork();
    await passes(stage, 5);
    for (let batch = 0; batch < 4; batch++) await stage.commit('a', batch);
    await passes(stage, 3);
    expect(stage.ended('a')?.state).toBe('complete');
    expect(puts(stage)).toBe(1);
    for (const name of ['i-0', 'i-1', 'i-2']) stage.end(name);
    stage.end('i-3', true);
    await passes(stage, 5);
    expect(puts(stage)).toBe(2);
    const kept = history(stage)?.instances ?? [];
    expect(kept.every(({ endedAtMs }) => endedAtMs !== undefined)).toBe(true);
    expect(kept.filter(({ reclaimed }) => reclaimed).map(({ instance }) => instance)).toEqual(['i-3']);
    await passes(stage, 20, 60 * SECOND);
    expect(puts(stage)).toBe(2);
  });

  it('is put for a job that ended before a pass had seen its instances', async () => {
    const stage = new Stage();
    await stage.addJob('a', 1);
    await stage.commit('a', 0);
    await passes(stage, 2);
    expect(stage.ended('a')?.state).toBe('complete');
    expect([puts(stage), history(stage)?.points.length]).toEqual([1, 1]);
  });

  it('names the jobs that had work left at the same time', async () => {
    const stage = await atWork();
    await stage.addJob('b', 4);
    await passes(stage, 7, 10 * SECOND);
    expect([history(stage)?.jobsBeside, history(stage, 'b')?.jobsBeside]).toEqual([['b'], ['a']]);
  });

  it('has what two controllers saw, whoever writes first', async () => {
    const stage = await atWork();
    const [one, other] = [newControllerMemory(), newControllerMemory()];
    for (let pass = 0; pass < 26; pass++) {
      stage.nowMs += 5 * SECOND;
      if (pass === 20) stage.end('i-0');
      await stage.pass({ memory: pass % 2 === 0 ? one : other });
    }
    expect(history(stage)?.instances.find(({ instance }) => instance === 'i-0')?.endedAtMs).toBeDefined();
    expect(history(stage)?.instances).toHaveLength(4);
    expect(puts(stage)).toBeLessThanOrEqual(6);
  });

  it('only reports trouble when it cannot be written, and the pass goes on', async () => {
    const stage = await atWork();
    stage.store.beforeWrite = (key) => {
      if (key === historyKey('a')) throw new Error('AccessDenied');
    };
    const reports = await passes(stage, 20, 10 * SECOND);
    const events = reports.flatMap((report) => report.events).filter(({ code }) => code === 'job-trouble');
    expect(events.map(({ message }) => message)).toEqual([
      'Job a could not be recorded; retrying, and other jobs go on: AccessDenied',
    ]);
    expect(reports.at(-1)?.jobs).toHaveLength(1);
  });

  it('costs nothing while a job waits for a fleet that nobody raises', async () => {
    const stage = new Stage();
    await stage.addJob('a', 4, {}, 0);
    await passes(stage, 10, 60 * SECOND);
    expect(puts(stage)).toBe(0);
  });
});

import { beforeEach, describe, expect, it } from 'vitest';
import { progressKey } from '../../../core/contract/keys.js';
import { newControllerMemory } from '../../../runner/controller/memory.js';
import { runPass } from '../../../runner/controller/run-pass.js';
import { never, Stage } from './stage.js';

let stage: Stage;
beforeEach(() => {
  stage = new Stage();
});

const MINUTE_MS = 60_000;

/** Runs passes each minute, by controllers that do not share a memory. */
async function minutes(count: number, controllers = 1): Promise<void> {
  const memories = Array.from({ length: controllers }, newControllerMemory);
  for (let minute = 0; minute < count; minute++) {
    stage.nowMs += MINUTE_MS;
    await Promise.all(memories.map((memory) => stage.pass({ memory })));
  }
}

const usedSeconds = (job: string): number =>
  (stage.json(progressKey(job)) as { usage: { instanceSeconds: number } }).usage.instanceSeconds;

describe('the guard of a job’s instance-hours', () => {
  it('ends the job with the reason, keeps its finished batches, and parks the fleet', async () => {
    await stage.addJob('j', 40, { maxInstanceHours: 0.5 });
    await stage.pass();
    await stage.arrive();
    await stage.commit('j', 0);
    await minutes(2);
    expect(stage.ended('j')).toBeUndefined();
    await minutes(3);
    expect(stage.ended('j')).toMatchObject({ state: 'failed' });
    expect(JSON.stringify(stage.ended('j'))).toContain('--max-instance-hours is 0.5. 1 of 40 batches are done');
    await minutes(1);
    expect(stage.target).toBe(0);
  });

  it('counts each minute once, however many controllers there are', async () => {
    await stage.addJob('j', 40);
    await stage.pass();
    await stage.arrive();
    await minutes(10, 3);
    expect(usedSeconds('j')).toBe(10 * 60 * 10);
  });

  it('shares the fleet’s time between the jobs at work, and counts none for jobs that are done', async () => {
    await stage.addJob('a', 4);
    await stage.addJob('b', 4);
    await stage.pass();
    await stage.arrive();
    await minutes(1);
    expect([usedSeconds('a'), usedSeconds('b')]).toEqual([240, 240]);
    for (let batch = 0; batch < 4; batch++) await stage.commit('a', batch);
    await minutes(1);
    expect([usedSeconds('a'), usedSeconds('b')]).toEqual([240, 720]);
  });
});

describe('an instance past its longest life', () => {
  it('is reported once, with the remedy', async () => {
    await stage.addJob('j', 2);
    await stage.pass();
    await stage.arrive();
    stage.nowMs += 3_600_000;
    expect((await stage.pass({ maxLifeMs: 3_600_000 })).events.map(({ code }) => code)).not.toContain(
      'instance-overdue',
    );
    stage.nowMs += 21 * MINUTE_MS;
    const { events } = await stage.pass({ maxLifeMs: 3_600_000 });
    expect(events.find(({ code }) => code === 'instance-overdue')?.message).toContain('--instance-ids i-0 i-1');
    expect((await stage.pass({ maxLifeMs: 3_600_000 })).events).toEqual([]);
  });
});

it('reports once a fleet that took the place of the configured one', async () => {
  const { fleet } = stage.ports;
  const insteadOf = { named: 'fleet-old', found: 'fleet-new' };
  const ports = {
    ...stage.ports,
    fleet: { ...fleet, describe: async (signal: AbortSignal) => ({ ...(await fleet.describe(signal)), insteadOf }) },
  };
  const [told] = (await runPass(ports, stage.options, never)).events;
  expect(told).toMatchObject({ code: 'fleet-replaced', message: expect.stringContaining('fleet-new') as string });
  expect((await runPass(ports, stage.options, never)).events).toEqual([]);
});

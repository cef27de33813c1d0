/**
 * R13: the pool keeps working, whatever the objects under keys that a worker may write contain. The keys are those of the worker's role
 * (core/contract/worker-writes.ts), so a new one cannot be forgotten: without an example here the first test fails.
 */
import { describe, expect, it } from 'vitest';
import * as keys from '../../core/contract/keys.js';
import { WORKER_WRITES } from '../../core/contract/worker-writes.js';
import { MOST_REPORTED } from '../../runner/controller/report-damages.js';
import { FakeStack } from '../support/fake-stack.js';
import { NONSENSE, withWrongFields } from '../support/nonsense.js';
import { never, Stage } from './controller/stage.js';

/** Keys that match each pattern, of an existing job and existing instances. */
const EXAMPLES: Readonly<Record<(typeof WORKER_WRITES)[number], (job: string) => readonly string[]>> = {
  'jobs/*/partial/*': (job) => [keys.partialKey(job, 0, 'i-1-lease')],
  'jobs/*/events/*': (job) => [
    keys.jobEventsKey(job, 'i-1', 1),
    `${keys.jobEventsPrefix(job)}\u001b[31m/00000001.jsonl`,
  ],
  'jobs/*/results/*': (job) => [
    keys.outcomeKey(job, 0),
    `${keys.resultsPrefix(job)}x.jsonl`,
    `${keys.resultsPrefix(job)}99999.jsonl`,
  ],
  'jobs/*/attempts/*': (job) => [keys.attemptKey(job, 0, 'i-1-lease')],
  'jobs/*/losses/*': (job) => [keys.lossKey(job, 0, 'i-1-lease')],
  'jobs/*/unable/*': (job) => [
    keys.unableKey(job, 'i-1'),
    keys.unableKey(job, 'i-2'),
    `${keys.unablePrefix(job)}%00\u001b]0;x`,
  ],
  'jobs/*/summaries/*': (job) => [
    keys.summaryKey(job, 'i-1'),
    keys.summaryKey(job, 'i-2'),
    `${keys.summariesPrefix(job)}%00\u001b]0;x`,
  ],
  'fleet/exits/*': () => [
    keys.exitTicketKey(0, 0),
    keys.exitTicketKey(1, 0),
    keys.exitTicketKey(1, 1),
    `${keys.exitTicketsPrefix}x`,
  ],
  'fleet/instances/*': () => [
    keys.instanceEventsKey('i-1', 1),
    keys.reclaimedKey('i-1'),
    `${keys.instancePrefix('i-1')}boot.log`,
  ],
  'fleet/status/*': () => [
    ...['i-0', 'i-1', 'i-2', 'i-3', 'i-4'].map(keys.instanceStatusKey),
    `${keys.statusesPrefix}x`,
    `${keys.statusesPrefix}i-1.json/i-1.json`,
  ],
};

const keysOf = (...jobs: readonly string[]): readonly string[] => [
  ...new Set(jobs.flatMap((job) => WORKER_WRITES.flatMap((pattern) => EXAMPLES[pattern](job)))),
];

/** Every pass of a controller reads these keys. Commands and workers read the others. */
const READ_BY_PASSES = [
  'fleet/exits/0000000001/00000.json',
  'jobs/bad/results/00000.jsonl',
  'jobs/bad/unable/i-1.json',
  'fleet/status/i-1.json',
];

describe('the keys that a worker may write', () => {
  it('have examples here that match them', () => {
    expect(Object.keys(EXAMPLES).sort()).toEqual([...WORKER_WRITES].sort());
    for (const pattern of WORKER_WRITES) {
      const form = new RegExp(`^${pattern.replaceAll('*', '.*')}$`, 's');
      for (const key of EXAMPLES[pattern]('job')) expect(key).toMatch(form);
    }
  });
});

describe.each([...NONSENSE])('with %s under every key that a worker may write', (_name, body) => {
  it('every pass of a controller succeeds, and reports each object once', async () => {
    const stage = new Stage();
    await stage.addJob('bad', 2);
    await stage.addJob('good', 4);
    for (const key of keysOf('bad')) await stage.store.put(key, body, { signal: never });
    const passes = [];
    for (let look = 0; look < 4; look++) {
      passes.push(await stage.pass());
      stage.arriveSilently(stage.target - stage.instances.length);
      await stage.commit('good', look);
      stage.nowMs += 2_000;
    }
    const last = await stage.pass();
    const told = [...passes, last].flatMap(({ events }) => events.filter(({ code }) => code === 'object-damaged'));
    for (const key of READ_BY_PASSES) {
      expect(
        told.filter(({ message }) => message.includes(` ${key} `)),
        key,
      ).toHaveLength(1);
    }
    expect(passes.flatMap(({ unreadable }) => [...unreadable])).toEqual([]);
    expect(stage.ended('good')).toMatchObject({ state: 'complete' });
  });

  it('another job completes, and every command for it succeeds', async () => {
    const stack = new FakeStack();
    await stack.plantJob('bad', 2);
    stack.undone.delete('bad');
    await stack.plantJob('good', 3);
    const { signal } = stack.interrupt;
    for (const key of keysOf('bad')) await stack.store.put(key, body, { signal });
    await stack.store.put(keys.doneKey('bad'), JSON.stringify({ state: 'failed', reason: 'no', at: '' }), { signal });
    expect(await stack.run('watch', 'good')).toBe(0);
    for (const command of [
      ['jobs'],
      ['status', 'good'],
      ['logs', 'good'],
      ['fleet'],
      ['results', 'good', '--out', '-'],
    ]) {
      expect([command, await stack.run(...command)]).toEqual([command, 0]);
      expect([command, await stack.run(...command, '--json')]).toEqual([command, 0]);
    }
    // Every command also works for the damaged job.
    for (const command of ['status', 'logs']) expect([command, await stack.run(command, 'bad')]).toEqual([command, 0]);
    expect(stack.terminal.stderr).not.toContain('error:');
  });
});

describe('objects that are almost right', () => {
  const at = '2026-01-01T00:00:00.000Z';
  const mark = { instance: 'i-1', phase: 'load', message: 'no model', at };
  const shape = { job: 'good', slots: 1, concurrency: 1, settled: true, reason: 'so' };
  const status = {
    instance: 'i-1',
    phase: 'busy',
    slots: 1,
    shape,
    notice: 'rebalance',
    instanceType: 'c7g.large',
    zone: 'a',
    startedAt: at,
    at,
  };

  it('stop no pass, whichever of their fields is wrong', async () => {
    const stage = new Stage();
    await stage.addJob('good', 2);
    stage.target = 1;
    stage.arriveSilently(2);
    for (const [index, wrong] of withWrongFields(mark).entries()) {
      await stage.write(keys.unableKey('good', `i-${index}`), JSON.stringify(wrong));
    }
    let told = 0;
    for (const wrong of [
      ...withWrongFields(status),
      ...withWrongFields(shape).map((other) => ({ ...status, shape: other })),
    ]) {
      await stage.write(keys.instanceStatusKey('i-1'), JSON.stringify(wrong));
      const { events, jobs } = await stage.pass();
      told += events.filter(({ code }) => code === 'object-damaged').length;
      expect(jobs.map(({ state }) => state)).toEqual(['running']);
    }
    // A hundred are reported by name, then one sentence covers all others.
    expect(told).toBeLessThanOrEqual(MOST_REPORTED + 1);
    expect(told).toBeGreaterThan(10);
  });

  it('do not count when a status or mark under one instance names another instance', async () => {
    const stage = new Stage();
    await stage.addJob('good', 2);
    stage.target = 2;
    stage.arriveSilently(2);
    for (const instance of ['i-7', 'i-8', 'i-9']) {
      await stage.write(keys.unableKey('good', `${instance}-key`), JSON.stringify({ ...mark, instance }));
    }
    await stage.write(keys.instanceStatusKey('i-0'), JSON.stringify({ ...status, phase: 'ended' }));
    const { fleet, jobs } = await stage.pass();
    expect(jobs).toMatchObject([{ state: 'running' }]);
    expect(fleet).toMatchObject({ running: 2, draining: 0, starting: 2 });
  });

  it('are not read beyond the largest possible size of their kind', async () => {
    const stage = new Stage();
    await stage.addJob('good', 1);
    stage.target = 1;
    stage.arriveSilently(1);
    const body = Buffer.alloc(64 * 1024 * 1024, ' ');
    body.write(JSON.stringify({ ...status, instance: 'i-0' }));
    await stage.store.put(keys.instanceStatusKey('i-0'), body, { signal: never });
    const { store } = stage;
    const read: number[] = [];
    const get = store.get.bind(store);
    store.get = async (key, options) => {
      const found = await get(key, options);
      if (key === keys.instanceStatusKey('i-0')) read.push(found?.body.length ?? 0);
      return found;
    };
    const { fleet, events } = await stage.pass();
    expect(fleet.starting).toBe(1);
    expect(events.map(({ message }) => message).join()).toMatch(
      /i-0\.json is longer than the status of i-0 can be \(\d+ bytes\)/,
    );
    expect(Math.max(...read)).toBeLessThan(1024 * 1024);
  });
});

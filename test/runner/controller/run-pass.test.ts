import { describe, expect, it } from 'vitest';
import { decodeBatchMessage } from '../../../core/contract/batch-message.js';
import type { UnableMark } from '../../../core/contract/job.js';
import * as keys from '../../../core/contract/keys.js';
import { newControllerMemory } from '../../../runner/controller/memory.js';
import { runPass } from '../../../runner/controller/run-pass.js';
import { Stage } from './stage.js';

const codes = (report: { readonly events: readonly { readonly code: string }[] }) =>
  report.events.map(({ code }) => code);

describe("the dead-man's switch (R9)", () => {
  it('is armed before a raise, and the fleet is not raised without it', async () => {
    const stage = new Stage();
    await stage.addJob('a', 4);
    stage.armError = new Error('AccessDenied');
    const refused = await stage.pass();
    expect(stage.targetsSet).toEqual([]);
    expect(refused.events.find(({ code }) => code === 'raise-refused')?.message).toContain('AccessDenied');
    expect(codes(await stage.pass())).toEqual([]); // told once
    stage.armError = undefined;
    await stage.pass();
    expect(stage.target).toBe(4);
    expect(stage.armed).toBeGreaterThan(0);
  });

  it('is armed before a lower target above 0, because another controller may have parked the fleet since it was described', async () => {
    const stage = new Stage();
    await stage.addJob('a', 4);
    await stage.pass();
    await stage.commit('a', 0);
    Object.assign(stage, { shownTarget: 4, target: 0, switchStands: false, armError: new Error('AccessDenied') });
    expect((await stage.pass()).events.find(({ code }) => code === 'switch-not-armed')?.message).toContain(
      'not changed',
    );
    expect(stage.target).toBe(0);
    stage.armError = undefined;
    await stage.pass();
    expect(stage).toMatchObject({ target: 3, switchStands: true });
  });

  it('is pushed out while the fleet is up, and left alone when it is parked', async () => {
    const stage = new Stage();
    await stage.pass();
    expect(stage.armed).toBe(0);
    await stage.addJob('a', 1);
    await stage.pass();
    const before = stage.armed;
    stage.nowMs += 120_000;
    await stage.pass();
    expect(stage.armed).toBe(before + 1);
  });

  it('is disarmed once when the fleet is parked', async () => {
    const stage = new Stage();
    await stage.addJob('a', 1);
    await stage.pass();
    await stage.arrive();
    await stage.commit('a', 0);
    await stage.pass();
    expect(stage.target).toBe(0);
    expect(stage.switchStands, 'an instance is left').toBe(true);
    stage.end('i-0');
    expect((await stage.pass()).parked).toBe(true);
    await stage.pass();
    expect(stage.switchStands).toBe(false);
    expect(stage.disarmed).toBe(1);
    await stage.addJob('b', 1);
    await stage.pass();
    expect(stage.switchStands).toBe(true);
  });

  it('is armed again when a job came in while it was disarmed: another controller may have raised the fleet for it', async () => {
    const stage = new Stage();
    stage.onDisarmed = () => stage.addJob('a', 1);
    const { parked } = await stage.pass();
    expect(parked).toBe(true);
    expect(stage.disarmed).toBe(1);
    expect(stage.switchStands).toBe(true);
  });

  it('is reported when it cannot be disarmed', async () => {
    const stage = new Stage();
    stage.armError = new Error('AccessDenied');
    expect(codes(await stage.pass())).toEqual(['switch-left']);
    expect(codes(await stage.pass())).toEqual([]);
    stage.armError = undefined;
    await stage.pass();
    expect(stage.disarmed).toBe(1);
  });

  it('is reported even if its error has no message, as an error of Node.js for several failed connections', async () => {
    const stage = new Stage();
    stage.armError = new AggregateError([]);
    const { events } = await stage.pass();
    expect(events.map(({ code, message }) => [code, message])).toEqual([
      ['switch-left', expect.stringContaining("Could not disarm the dead-man's switch")],
    ]);
  });

  it('is not needed to lower the fleet', async () => {
    const stage = new Stage();
    await stage.addJob('a', 2);
    await stage.pass();
    await stage.commit('a', 0);
    await stage.commit('a', 1);
    stage.armError = new Error('no');
    await stage.pass();
    expect(stage.target).toBe(0);
  });
});

describe('exits (R6)', () => {
  it('are granted after the target is lowered, closed before it changes again, and never twice for one ticket', async () => {
    const stage = new Stage();
    await stage.addJob('a', 4);
    await stage.pass();
    await stage.arrive();
    await stage.commit('a', 0);
    await stage.pass();
    expect(stage.json(keys.fleetStateKey)).toMatchObject({ generation: 2, target: 3, grants: 1 });

    await stage.write(keys.exitTicketKey(2, 0), JSON.stringify({ instance: 'i-0', at: '' }));
    await stage.commit('a', 1);
    await stage.pass();
    // Four are live, one of them holds a ticket of generation 2, and two are wanted: one more may leave.
    expect(stage.json(keys.fleetStateKey)).toMatchObject({ generation: 4, target: 2, grants: 1 });

    await stage.write(keys.exitTicketKey(2, 0), JSON.stringify({ instance: 'i-0', at: '', void: true }));
    await stage.pass();
    expect(stage.json(keys.fleetStateKey)).toMatchObject({ generation: 6, target: 2, grants: 2 });
  });

  it('are not granted for instances that go anyway', async () => {
    const stage = new Stage();
    await stage.addJob('a', 4);
    await stage.pass();
    await stage.arrive();
    await stage.say('i-0', { notice: 'interruption' });
    await stage.say('i-1', { notice: 'rebalance' });
    await stage.commit('a', 0);
    const report = await stage.pass();
    expect(stage.json(keys.fleetStateKey)).toMatchObject({ target: 3, grants: 0 });
    expect(report.fleet).toMatchObject({ target: 3, noticed: 2, running: 2, busy: 2 });
  });

  it('stay as they are while nothing changes', async () => {
    const stage = new Stage();
    await stage.addJob('a', 3);
    await stage.pass();
    await stage.arrive();
    await stage.commit('a', 0);
    await stage.pass();
    const written = stage.store.writes.length;
    await stage.pass();
    await stage.write(keys.exitTicketKey(2, 0), JSON.stringify({ instance: 'i-0', at: '' }));
    await stage.pass();
    stage.end('i-0');
    await stage.pass();
    expect(stage.store.writes.slice(written)).toEqual([keys.exitTicketKey(2, 0)]);
  });

  it('are published by one of two controllers; the loser observes again', async () => {
    const stage = new Stage();
    await stage.addJob('a', 3);
    const mine = newControllerMemory();
    const reports = await Promise.all([stage.pass({ memory: mine }), stage.pass({ memory: newControllerMemory() })]);
    expect(stage.json(keys.fleetStateKey)).toMatchObject({ generation: 1, target: 3 });
    expect(reports.map(({ state }) => state?.generation)).toEqual([1, 1]);
  });
});

describe('the end of a job', () => {
  it('is complete when every batch has its outcome, and parks the fleet', async () => {
    const stage = new Stage();
    await stage.addJob('a', 3);
    await stage.pass();
    await stage.arrive();
    for (const batch of [2, 0, 1]) await stage.commit('a', batch, batch);
    const report = await stage.pass();
    expect(report.jobs).toMatchObject([
      { state: 'complete', batches: { total: 3, done: 3, failed: 0 }, items: { total: 30, ok: 27, failed: 3 } },
    ]);
    expect(stage.ended('a')).toMatchObject({ state: 'complete' });
    expect(stage.json(keys.fleetStateKey)).toMatchObject({ target: 0, grants: 3 });
    expect(report.parked).toBe(false);
    for (const instance of ['i-0', 'i-1', 'i-2']) stage.end(instance);
    expect((await stage.pass()).parked).toBe(true);
  });

  it('is a failure when three instances report alike that they cannot load its model (R10)', async () => {
    const stage = new Stage();
    await stage.addJob('a', 30);
    const mark = (n: number, message: string): UnableMark => ({
      instance: `i-0abcdef12345678${n}`,
      phase: 'load',
      message,
      at: '',
    });
    await stage.unable('a', mark(0, 'slot 4711 of i-0abcdef123456780: Cannot find module "x"'));
    await stage.unable('a', mark(1, 'slot 4712 of i-0abcdef123456781: Cannot find module "x"'));
    await stage.unable('a', mark(2, 'out of memory'));
    expect((await stage.pass()).jobs[0]?.state).toBe('running');
    await stage.unable('a', mark(3, 'slot 17 of i-0abcdef123456783: Cannot find module "x"'));
    const report = await stage.pass();
    expect(report.jobs[0]).toMatchObject({ state: 'failed' });
    expect(report.jobs[0]?.reason).toContain('Cannot find module');
    expect(stage.target).toBe(0);
  });

  it('is a failure when three instances in a row end before their worker comes up, and the fleet is parked (R10)', async () => {
    const stage = new Stage();
    await stage.addJob('a', 3);
    await stage.pass();
    stage.arriveSilently(5);
    stage.end('i-0', true);
    stage.end('i-1');
    await stage.say('i-2', { phase: 'ended' });
    stage.end('i-2');
    stage.end('i-3');
    stage.end('i-4');
    expect((await stage.pass()).jobs[0]?.state, 'one was reclaimed, one came up, two are not three').toBe('running');
    stage.arriveSilently(1);
    stage.end('i-5');
    const report = await stage.pass();
    expect(report.jobs[0]).toMatchObject({ state: 'failed' });
    expect(report.jobs[0]?.reason).toContain('i-3, i-4, i-5');
    expect(stage.ended('a')).toMatchObject({ state: 'failed' });
    expect(await stage.pass()).toMatchObject({ parked: true });
    expect(stage.target).toBe(0);
  });

  it('is a failure when the first twenty batches were all given up, and only then', async () => {
    const stage = new Stage();
    await stage.addJob('a', 50);
    await stage.addJob('b', 50);
    for (let batch = 0; batch < 20; batch++) {
      await stage.commit('a', batch, 10, true);
      await stage.commit('b', batch, batch > 0 ? 10 : 9, batch > 0);
    }
    const report = await stage.pass();
    expect(report.jobs.map(({ state }) => state)).toEqual(['failed', 'running']);
  });

  it('leaves no work of a cancelled job', async () => {
    const stage = new Stage();
    await stage.addJob('a', 5);
    await stage.pass();
    await stage.write(keys.cancelledKey('a'), JSON.stringify({ at: 'now', by: 'someone' }));
    const report = await stage.pass();
    expect(report.jobs).toMatchObject([{ state: 'cancelled' }]);
    expect(stage.target).toBe(0);
    expect((await stage.pass()).jobs).toEqual([]);
  });
});

describe('lost messages (R5)', () => {
  it('are made anew from the plan once the queue has been empty for long, for exactly the batches without an outcome', async () => {
    const stage = new Stage();
    await stage.addJob('a', 5);
    for (const batch of [0, 2, 4]) await stage.commit('a', batch);
    for (let look = 0; look < 3; look++) {
      await stage.pass({ quietMs: 100 });
      expect(stage.sent).toEqual([]);
      stage.nowMs += 40;
    }
    await stage.pass({ quietMs: 100 });
    expect(stage.sent.map((body) => decodeBatchMessage(body)?.batch)).toEqual([1, 3]);
    expect(decodeBatchMessage(stage.sent[0] ?? '')?.manifestDigest).toHaveLength(64);
    await stage.pass({ quietMs: 100 });
    expect(stage.sent).toHaveLength(2);
    stage.nowMs += 200;
    await stage.pass({ quietMs: 100 });
    expect(stage.sent).toHaveLength(4);
  });

  it('are not looked for while a message is in flight, nor while the job is still being sent', async () => {
    const stage = new Stage();
    await stage.addJob('a', 5);
    await stage.addJob('b', 5, {}, 2);
    stage.counts = { visible: 0, inFlight: 1, delayed: 0 };
    for (let look = 0; look < 6; look++) {
      await stage.pass({ quietMs: 100 });
      stage.nowMs += 100;
      if (look === 3) stage.counts = { visible: 0, inFlight: 0, delayed: 0 };
    }
    expect(stage.sent).toEqual([]);
  });
});

describe('progress', () => {
  it('counts each outcome once, whichever controller counts, and reads none twice', async () => {
    const stage = new Stage();
    await stage.addJob('a', 6);
    await stage.commit('a', 0);
    await stage.commit('a', 3, 1);
    await stage.pass();
    expect(stage.json(keys.progressKey('a'))).toMatchObject({
      version: 1,
      folded: '0,3',
      batches: { done: 2, failed: 0 },
      items: { ok: 19, failed: 1 },
    });
    const other = newControllerMemory();
    await stage.pass({ memory: other });
    await stage.commit('a', 1);
    await stage.pass({ memory: other });
    await stage.commit('a', 4, 10, true);
    const report = await stage.pass();
    expect(report.jobs[0]).toMatchObject({ batches: { done: 4, failed: 1 }, items: { ok: 29, failed: 11 } });
    expect(stage.json(keys.progressKey('a'))).toMatchObject({ folded: '0-1,3-4' });
  });

  it('is counted anew when its file is damaged', async () => {
    const stage = new Stage();
    await stage.addJob('a', 3);
    await stage.commit('a', 1);
    await stage.write(keys.progressKey('a'), '{"version":1,"folded":"0-');
    const report = await stage.pass();
    expect(report.jobs[0]?.batches.done).toBe(1);
  });
});

describe('trouble', () => {
  it('is reported for a fleet that is gone, and no call changes that fleet', async () => {
    const stage = new Stage();
    await stage.addJob('a', 3);
    stage.fleetState = 'deleted';
    expect(codes(await stage.pass())).toEqual(['fleet-gone']);
    expect(stage.targetsSet).toEqual([]);
  });

  it('is reported for capacity that stays short', async () => {
    const stage = new Stage();
    await stage.addJob('a', 3);
    await stage.pass();
    stage.nowMs += 61_000;
    const report = await stage.pass();
    expect(codes(report)).toEqual(['shortage']);
    expect(report.events[0]?.message).toContain('0 of 3 instances');
  });

  it('stops with the signal', async () => {
    const stage = new Stage();
    const stopped = AbortSignal.abort(new Error('stop'));
    await expect(runPass(stage.ports, stage.options, stopped)).rejects.toThrow('stop');
  });
});

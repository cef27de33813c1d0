import { describe, expect, it } from 'vitest';
import * as keys from '../../../../core/contract/keys.js';
import { newControllerMemory } from '../../../../runner/controller/memory.js';
import { runPass } from '../../../../runner/controller/run-pass.js';
import type { FleetDescription } from '../../../../runner/ports.js';
import { never, Stage } from '../stage.js';

describe('the target (R7)', () => {
  it('is raised to one instance per batch, and published once a describe call shows it', async () => {
    const stage = new Stage();
    await stage.addJob('a', 4);
    const report = await stage.pass();
    expect(stage.target).toBe(4);
    expect(stage.json(keys.fleetStateKey)).toMatchObject({ generation: 1, target: 4, grants: 0, jobs: ['a'] });
    expect(report.events.map(({ code }) => code)).toEqual(['target-raised']);
    expect(report.jobs).toMatchObject([{ job: 'a', state: 'running', batches: { total: 4, done: 0 } }]);
  });

  it('is never published before a describe call shows it', async () => {
    const stage = new Stage();
    await stage.addJob('a', 4);
    stage.shownTarget = 0;
    await stage.pass();
    expect(stage.target).toBe(4);
    expect(stage.json(keys.fleetStateKey)).toBeUndefined();
    stage.shownTarget = undefined;
    await stage.pass();
    expect(stage.targetsSet).toEqual([4]);
    expect(stage.json(keys.fleetStateKey)).toMatchObject({ target: 4 });
  });

  it('is lowered only after it was shown, when the job was done before that: until then the fleet does not count as parked', async () => {
    const stage = new Stage();
    await stage.addJob('a', 1);
    stage.shownTarget = 0;
    await stage.pass();
    await stage.commit('a', 0);
    const hidden = await stage.pass();
    expect(hidden).toMatchObject({ parked: false, awaitsTarget: true });
    expect(stage).toMatchObject({ target: 1, switchStands: true });
    stage.shownTarget = undefined;
    expect(await stage.pass()).toMatchObject({ parked: true, awaitsTarget: false });
    expect(stage).toMatchObject({ target: 0, targetsSet: [1, 0], switchStands: false });
  });

  it('is not lowered to 0 by a pass that began before another controller raised it for a new job', async () => {
    const stage = new Stage();
    const other = { ...stage.options, memory: newControllerMemory() };
    const { fleet } = stage.ports;
    let isFirst = true;
    const describe = async (): Promise<FleetDescription> => {
      if (isFirst) {
        isFirst = false;
        await stage.addJob('a', 4);
        await stage.pass();
      }
      return fleet.describe(never);
    };
    await runPass({ ...stage.ports, fleet: { ...fleet, describe } }, other, never);
    expect(stage).toMatchObject({ target: 4, targetsSet: [4] });
    for (let batch = 0; batch < 4; batch += 1) await stage.commit('a', batch);
    await runPass(stage.ports, other, never);
    expect(stage.target).toBe(0);
  });

  it('is set again when the fleet never shows it', async () => {
    const stage = new Stage();
    await stage.addJob('a', 1);
    stage.shownTarget = 0;
    await stage.pass();
    stage.nowMs += 15_000;
    await stage.pass();
    expect(stage.targetsSet).toEqual([1, 1]);
    // The same happens when the clock was set back meanwhile.
    stage.nowMs -= 3_600_000;
    await stage.pass();
    expect(stage.targetsSet).toEqual([1, 1, 1]);
  });

  it('is set again when the fleet was busy', async () => {
    const stage = new Stage();
    await stage.addJob('a', 2);
    stage.setTargetResult = 'busy';
    await stage.pass();
    expect(stage.target).toBe(0);
    stage.setTargetResult = 'accepted';
    await stage.pass();
    expect(stage.target).toBe(2);
  });

  it('follows the limits of the stack and the jobs, and the slots that workers report', async () => {
    const stage = new Stage();
    await stage.addJob('a', 100, { maxWorkers: 3 });
    await stage.addJob('b', 4);
    await stage.pass();
    expect(stage.target).toBe(7);
    await stage.arrive({ slots: 4 });
    await stage.pass();
    expect(stage.target).toBe(4);
  });

  it('counts the messages sent so far while a submit goes on', async () => {
    const stage = new Stage();
    await stage.addJob('a', 8, {}, 3);
    const report = await stage.pass();
    expect(stage.target).toBe(3);
    expect(report.jobs[0]?.state).toBe('submitting');
    await stage.addJob('a', 8);
    await stage.pass();
    expect(stage.target).toBe(8);
  });

  it('is raised for a new job after it has fallen', async () => {
    const stage = new Stage();
    await stage.addJob('a', 5);
    await stage.pass();
    for (const batch of [0, 1, 2]) await stage.commit('a', batch);
    await stage.pass();
    expect(stage.target).toBe(2);
    await stage.addJob('b', 6);
    await stage.pass();
    expect(stage.target).toBe(8);
  });
});

import { beforeEach, describe, expect, it } from 'vitest';
import type { PassReport } from '../../../runner/controller/report.js';
import { controlUntilStill } from '../../../runner/controller/until-still.js';
import { never, Stage } from './stage.js';

describe('passes until nothing moves', () => {
  let stage: Stage;
  let reports: PassReport[];
  beforeEach(() => {
    stage = new Stage();
    reports = [];
  });
  const control = (onReport: () => void | Promise<void> = () => undefined): Promise<PassReport> =>
    controlUntilStill(
      stage.ports,
      {
        ...stage.options,
        passMs: 1_000,
        longestMs: 50_000,
        onReport: async (report) => {
          reports.push(report);
          await onReport();
        },
      },
      never,
    );

  it('are a single one when there is nothing to do', async () => {
    expect((await control()).parked).toBe(true);
    expect(reports).toHaveLength(1);
  });

  it('go on until a raise is published, and leave a busy fleet alone', async () => {
    await stage.addJob('one', 5);
    const report = await control(() => stage.arrive());
    expect(report.state?.target).toBe(5);
    expect(reports.length).toBeGreaterThan(1);
    const before = reports.length;
    await control();
    expect(reports).toHaveLength(before + 1);
  });

  it('go on while a raise is not shown, though the job is done', async () => {
    await stage.addJob('one', 1);
    stage.shownTarget = 0;
    const report = await control(async () => {
      if (reports.length === 1) await stage.commit('one', 0);
      if (reports.length === 4) stage.shownTarget = undefined;
    });
    expect(report.parked).toBe(true);
    expect(stage.targetsSet).toEqual([1, 0]);
  });

  it('follow the end of a job while workers idle, to the parked fleet', async () => {
    await stage.addJob('one', 1);
    await control(() => stage.arrive());
    await stage.commit('one', 0);
    await stage.say('i-0', { phase: 'idle' });
    const report = await control(() => {
      if (stage.target === 0 && reports.at(-1)?.state?.grants === 1) stage.end('i-0');
    });
    expect(report.parked).toBe(true);
  });

  it('end in time when something keeps moving: the next invocation goes on', async () => {
    await stage.addJob('one', 5);
    stage.setTargetResult = 'busy';
    stage.fleetState = 'modifying';
    const startMs = stage.nowMs;
    expect((await control()).parked).toBe(false);
    expect(stage.nowMs - startMs).toBeGreaterThanOrEqual(50_000);
    expect(stage.nowMs - startMs).toBeLessThan(60_000);
  });
});

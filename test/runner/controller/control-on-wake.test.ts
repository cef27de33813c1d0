import { beforeEach, describe, expect, it } from 'vitest';
import { encodeControllerMark, MARK_FRESH_MS } from '../../../core/contract/controller-mark.js';
import { controllerMarkKey } from '../../../core/contract/keys.js';
import { controlOnWake } from '../../../runner/controller/control-on-wake.js';
import { newControllerMemory } from '../../../runner/controller/memory.js';
import type { PassReport } from '../../../runner/controller/report.js';
import { FakeClock } from '../../worker/support/fake-clock.js';
import { never, Stage } from './stage.js';

const LOOK_MS = 300;

describe('a wake of the controller function', () => {
  let stage: Stage;
  let clock: FakeClock;
  /** When each pass began to look at the fleet. */
  let looks: number[];
  let troubles: unknown[];
  let wakes = 0;

  const begin = (): void => {
    stage = new Stage();
    clock = new FakeClock();
    stage.store.nowMs = clock.nowMs();
    looks = [];
    troubles = [];
  };
  beforeEach(begin);

  const advance = async (ms: number): Promise<void> => {
    for (let leftMs = ms; leftMs > 0; leftMs -= 100) {
      await clock.advance(Math.min(leftMs, 100));
      stage.store.nowMs = clock.nowMs();
    }
  };

  /** A pass takes time, so that wakes come while it is under way. */
  const wake = (isNotice = true): Promise<PassReport | undefined> => {
    const { fleet } = stage.ports;
    const describeSlowly = async (...call: Parameters<typeof fleet.describe>): ReturnType<typeof fleet.describe> => {
      looks.push(clock.nowMs());
      await clock.sleep(LOOK_MS, never);
      return fleet.describe(...call);
    };
    return controlOnWake(
      { ...stage.ports, clock, fleet: { ...fleet, describe: describeSlowly } },
      {
        maxWorkers: 10,
        memory: newControllerMemory(),
        passMs: 1_000,
        longestMs: 50_000,
        id: `wake-${wakes++}`,
        isNotice,
        onTrouble: (error) => troubles.push(error),
      },
      never,
    );
  };

  const plant = (body: string): Promise<void> => stage.write(controllerMarkKey, body);
  const mark = { id: 'another', beat: 3, free: false };

  it('starts one controller for 500 notices, and that one looks again after the last of them', async () => {
    const first = Array.from({ length: 400 }, () => wake());
    await advance(200);
    const lastMs = clock.nowMs();
    const last = Array.from({ length: 100 }, () => wake());
    await advance(5_000);
    const reports = await Promise.all([...first, ...last]);
    expect(reports.filter((report) => report !== undefined)).toHaveLength(1);
    expect(looks.length).toBeLessThanOrEqual(3);
    expect(Math.max(...looks)).toBeGreaterThanOrEqual(lastMs);
    expect(troubles).toEqual([]);
  });

  it('is followed by a pass that begins after it, at whichever moment of another controller it comes', async () => {
    const secondWorked: boolean[] = [];
    for (let afterMs = 250; afterMs <= 500; afterMs += 10) {
      begin();
      const slow = (key: string): void | Promise<void> =>
        key === controllerMarkKey ? clock.sleep(20, new AbortController().signal) : undefined;
      stage.store.beforeRead = slow;
      stage.store.beforeWrite = slow;
      const other = wake();
      await advance(afterMs);
      const atMs = clock.nowMs();
      const second = wake();
      await advance(5_000);
      expect(await other).toBeDefined();
      expect(Math.max(...looks), `a notice after ${afterMs} ms`).toBeGreaterThanOrEqual(atMs);
      secondWorked.push((await second) !== undefined);
    }
    // Up to the moment in which the other one ends, the look is left to it.
    expect(new Set(secondWorked)).toEqual(new Set([true, false]));
    expect(secondWorked.indexOf(true)).toBeGreaterThan(secondWorked.lastIndexOf(false));
  });

  it('is never left to another one when the schedule or a submit asked for it', async () => {
    await plant(encodeControllerMark(mark));
    const done = wake(false);
    await advance(2_000);
    expect(await done).toMatchObject({ parked: true });
    expect(stage.json(controllerMarkKey)).toEqual(mark);
  });

  it('writes no mark for the single pass of a pool at rest', async () => {
    const done = wake(false);
    await advance(2_000);
    expect(await done).toMatchObject({ parked: true });
    expect(stage.store.writes).not.toContain(controllerMarkKey);
  });

  it('is left to a controller that renews its mark pass after pass, until that one ends', async () => {
    await stage.addJob('one', 5);
    stage.shownTarget = 0;
    const other = wake(false);
    await advance(40_000);
    expect(looks.length).toBeGreaterThan(20);
    const before = stage.json(controllerMarkKey);
    expect(before).toMatchObject({ free: false });
    const notice = wake();
    await advance(500);
    expect(await notice).toBeUndefined();
    await advance(20_000);
    expect(await other).toBeDefined();
    expect(stage.json(controllerMarkKey)).toMatchObject({ free: true });
    const later = wake();
    await advance(60_000);
    expect(await later).toBeDefined();
  });

  it.each([
    ['a mark that is free', encodeControllerMark({ ...mark, free: true }), 0],
    ['a mark whose holder has been silent', encodeControllerMark(mark), MARK_FRESH_MS],
    ['an object that is no mark', 'rubbish', 0],
  ])('takes %s, and works', async (_, body, silentMs) => {
    await plant(body);
    stage.store.nowMs += silentMs;
    const done = wake();
    await clock.advance(2_000);
    expect(await done).toMatchObject({ parked: true });
    expect(stage.json(controllerMarkKey)).toMatchObject({ id: `wake-${wakes - 1}`, free: true });
  });

  it('does not take a dead controller for a live one because others have left their looks to it', async () => {
    await plant(encodeControllerMark({ ...mark, again: { heardAtMs: stage.store.nowMs - MARK_FRESH_MS } }));
    const done = wake();
    await clock.advance(2_000);
    expect(await done).toMatchObject({ parked: true });
  });

  it('works all the same while the mark cannot be read or written, and reports that', async () => {
    stage.store.beforeRead = (key) => {
      if (key === controllerMarkKey) throw new Error('503');
    };
    const done = wake();
    await clock.advance(2_000);
    expect(await done).toMatchObject({ parked: true });
    expect(troubles).toEqual([new Error('503')]);
  });
});

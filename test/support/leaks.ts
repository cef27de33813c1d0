/**
 * After each test nothing may be left: no child process, no listening port, no timer that holds the process open. Loaded for
 * every test file (vitest.config.ts). What a test file keeps for all of its tests it must make in `beforeAll`, which comes
 * before the first count.
 */
import { createHook } from 'node:async_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { beforeEach, expect } from 'vitest';

/** By Node's names. Sockets do not count: clients keep them alive on purpose. */
const COUNTED = new Set(['TCPServerWrap', 'ProcessWrap']);

/** Ends are seen a little late (exit events, closing servers): a leak is what is still there after this long. */
const SETTLE_MS = 5_000;

interface MadeTimer {
  readonly timer: NodeJS.Timeout;
  readonly madeAt: string;
}

/** Timers made during the test by code of this project, until they fire or are cleared. */
const timers = new Map<number, MadeTimer>();
let before: ReadonlyMap<string, number> = new Map();

const timerHook = createHook({
  init(asyncId, type, _triggerId, resource) {
    if (type !== 'Timeout') return;
    const madeAt = callerOf(new Error().stack ?? '');
    if (madeAt !== undefined) timers.set(asyncId, { timer: resource as NodeJS.Timeout, madeAt });
  },
  destroy(asyncId) {
    timers.delete(asyncId);
  },
});

/** The first line of the stack that is in the project; undefined when there is none (the runner's own timers). */
function callerOf(stack: string): string | undefined {
  return (
    stack
      .split('\n')
      .slice(2)
      // `(<anonymous>)` is the engine's own frame, of `new Promise`.
      .find((line) => !/node_modules|node:|support\/leaks|\(<anonymous>\)/.test(line))
      ?.trim()
  );
}

function countResources(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of process.getActiveResourcesInfo()) {
    if (COUNTED.has(name)) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

function leaks(): string[] {
  const found: string[] = [];
  for (const [name, count] of countResources()) {
    const extra = count - (before.get(name) ?? 0);
    if (extra > 0) found.push(`${extra} × ${name}`);
  }
  for (const { timer, madeAt } of timers.values()) {
    if (timer.hasRef()) found.push(`a timer made ${madeAt}`);
  }
  return found;
}

beforeEach(({ onTestFinished }) => {
  before = countResources();
  timers.clear();
  timerHook.enable();
  // First to be asked for, and so the last to run: after each of the test's own clean-ups.
  onTestFinished(expectNothingLeft);
});

async function expectNothingLeft(): Promise<void> {
  const deadlineMs = Date.now() + SETTLE_MS;
  while (leaks().length > 0 && Date.now() < deadlineMs) await delay(25);
  const left = leaks();
  timerHook.disable();
  expect(left, 'left behind by this test').toEqual([]);
}

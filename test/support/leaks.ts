/**
 * Checks after each test that it has left no child process, no listening port, and no timer that keeps the process alive. It is loaded
 * for every test file (vitest.config.ts). A test file must create resources for all of its tests in `beforeAll`, which runs before the
 * first count.
 */
import { createHook } from 'node:async_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { beforeEach, expect } from 'vitest';

/** The kinds of resources by Node's names. Sockets do not count, because clients keep them open on purpose. */
const COUNTED = new Set(['TCPServerWrap', 'ProcessWrap']);

/** Exit events and closing servers arrive a little late. A resource that still exists after this time is a leak. */
const SETTLE_MS = 5_000;

interface MadeTimer {
  readonly timer: NodeJS.Timeout;
  readonly madeAt: string;
}

/** The timers that code of this project has created during the test and that have neither fired nor been cleared. */
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

/** The first line of the stack trace that is in the project. Undefined for the test runner's own timers. */
function callerOf(stack: string): string | undefined {
  return (
    stack
      .split('\n')
      .slice(2)
      // `(<anonymous>)` is the engine's own frame for `new Promise`.
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
  // This hook is registered first and so runs last, after the test's own clean-ups.
  onTestFinished(expectNothingLeft);
});

async function expectNothingLeft(): Promise<void> {
  const deadlineMs = Date.now() + SETTLE_MS;
  while (leaks().length > 0 && Date.now() < deadlineMs) await delay(25);
  const left = leaks();
  timerHook.disable();
  expect(left, 'left behind by this test').toEqual([]);
}

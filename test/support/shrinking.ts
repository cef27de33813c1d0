/** A fleet that shrinks around a worker that stays at work (R6), wherever the fleet is. */
import { expect } from 'vitest';
import { readFleetState } from '../../runner/controller/observe/read-fleet.js';
import { modelPath } from '../e2e/models.js';
import { eventually } from './eventually.js';
import { Gate } from './gate.js';
import type { StackLab } from './stack-lab.js';

export interface ShrinkingPool {
  /** At least three: one stays at work, one more may be right for what it holds, and the others have to go. */
  readonly workers: number;
  /** Its instances, also those that have ended. */
  readonly instances: () => Promise<readonly { readonly instance: string; readonly state: string }[]>;
  readonly instanceOf: (pid: number) => Promise<string>;
}

const never = (): { signal: AbortSignal } => ({ signal: new AbortController().signal });
/** Instances leave one after another, each with a ticket of the controller's pass. */
const LEFT_WITHIN_MS = 60_000;

/** Idle workers leave, each with a ticket; the busy one and the work that it holds do not. The job's id, once it is complete. */
export async function shrinkAroundTheBusy(lab: StackLab, pool: ShrinkingPool): Promise<string> {
  const { workers } = pool;
  const gate = await Gate.make(lab.directory, 'gate');
  // Each worker computes one batch and holds the next: twice as many batches keep all at work.
  const items = 2 * workers;
  const dataset = await lab.file('items.jsonl', Array.from({ length: items }, (_, index) => `${index}\n`).join(''));
  const job = await lab.submit([dataset, '--model', modelPath('gated'), '--env', gate.env, '--batch-size', '1']);
  const watch = lab.startCli(['watch', job, '--json']);
  await gate.waitForStarted(workers);
  const [first = ''] = await gate.started();
  const busyItem = Number(first.split('-')[1]);
  const busy = await pool.instanceOf(Gate.pidOf(first));
  // All others become idle at once. What is left is the busy one's: what it computes, and at most one batch that waits for it.
  for (let item = 0; item < items; item++) if (item !== busyItem) await gate.open(item);
  // One batch is left, or two: so many instances are right, and exactly the others leave.
  const { running, left, ticketed, target } = await eventually(
    async () => {
      const seen = await look(lab, pool);
      return seen.running.length === seen.target && seen.target <= 2 && seen.ticketed.length >= seen.left.length
        ? seen
        : undefined;
    },
    { timeoutMs: LEFT_WITHIN_MS, everyMs: 100, what: `at least ${workers - 2} to leave` },
  );
  expect(target).toBeGreaterThanOrEqual(1);
  expect(running).toContain(busy);
  expect(ticketed, 'who leaves has a ticket, and who has one leaves').toEqual(left);
  await gate.open(busyItem);
  expect((await watch.exited).code, watch.stderr).toBe(0);
  expect(await lab.results(job)).toHaveLength(items);
  expect(await pool.instances(), 'none was lost, so none was replaced').toHaveLength(workers);
  return job;
}

/** Ids, in order. Tickets are looked at last: whoever has left by then has one. */
async function look(
  lab: StackLab,
  pool: ShrinkingPool,
): Promise<Record<'running' | 'left' | 'ticketed', readonly string[]> & { readonly target: number }> {
  const target = (await readFleetState(lab.store, never().signal)).state?.target ?? Infinity;
  const instances = await pool.instances();
  // A stack that other tests have used has tickets of instances that are not of this one.
  const known = new Set(instances.map(({ instance }) => instance));
  const tickets = (await ticketsOf(lab)).filter((ticket) => ticket.void !== true && known.has(ticket.instance));
  return {
    target,
    running: ids(instances.filter(isRunning)),
    left: ids(instances.filter((instance) => !isRunning(instance))),
    ticketed: ids(tickets),
  };
}

const ids = (of: readonly { readonly instance: string }[]): readonly string[] =>
  of.map(({ instance }) => instance).sort();

const isRunning = ({ state }: { readonly state: string }): boolean => state === 'running';

async function ticketsOf(lab: StackLab): Promise<{ instance: string; void?: boolean }[]> {
  const found: { instance: string; void?: boolean }[] = [];
  for await (const { key } of lab.store.list('fleet/exits/', never())) {
    const object = await lab.store.get(key, never());
    found.push(JSON.parse(Buffer.from(object!.body).toString()) as { instance: string });
  }
  return found;
}

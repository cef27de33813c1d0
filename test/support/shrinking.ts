/** A test of a fleet that shrinks while one worker stays busy (R6). It works for a fleet on any cloud. */
import { expect } from 'vitest';
import { readFleetState } from '../../runner/controller/observe/read-fleet.js';
import { modelPath } from '../e2e/models.js';
import { eventually } from './eventually.js';
import { Gate } from './gate.js';
import type { StackLab } from './stack-lab.js';

export interface ShrinkingPool {
  /** At least three: one stays busy, one more may be needed for the batch that the busy one holds, and the others must leave. */
  readonly workers: number;
  /** The fleet's instances, including those that have ended. */
  readonly instances: () => Promise<readonly { readonly instance: string; readonly state: string }[]>;
  readonly instanceOf: (pid: number) => Promise<string>;
}

const never = (): { signal: AbortSignal } => ({ signal: new AbortController().signal });
/** Instances leave one after another, because each needs a ticket that a pass of the controller grants. */
const LEFT_WITHIN_MS = 60_000;

/** Checks that each idle worker leaves with a ticket, and that the busy one stays with its work. Resolves with the job's id when the job is complete. */
export async function shrinkAroundTheBusy(lab: StackLab, pool: ShrinkingPool): Promise<string> {
  const { workers } = pool;
  const gate = await Gate.make(lab.directory, 'gate');
  // Each worker computes one batch and holds the next, so twice as many batches keep all workers busy.
  const items = 2 * workers;
  const dataset = await lab.file('items.jsonl', Array.from({ length: items }, (_, index) => `${index}\n`).join(''));
  const job = await lab.submit([dataset, '--model', modelPath('gated'), '--env', gate.env, '--batch-size', '1']);
  const watch = lab.startCli(['watch', job, '--json']);
  await gate.waitForStarted(workers);
  const [first = ''] = await gate.started();
  const busyItem = Number(first.split('-')[1]);
  const busy = await pool.instanceOf(Gate.pidOf(first));
  // All others become idle at once. The busy worker keeps the batch that it computes and at most one that waits.
  for (let item = 0; item < items; item++) if (item !== busyItem) await gate.open(item);
  // One or two batches are left, so that many instances stay, and exactly the others leave.
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

/** Observes the pool. Ids are sorted. Tickets are read last, so that every instance that has left by then has one. */
async function look(
  lab: StackLab,
  pool: ShrinkingPool,
): Promise<Record<'running' | 'left' | 'ticketed', readonly string[]> & { readonly target: number }> {
  const target = (await readFleetState(lab.store, never().signal)).state?.target ?? Infinity;
  const instances = await pool.instances();
  // Other tests may have left tickets of other instances in the stack.
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

/** A fleet that shrinks around a worker that stays at work (R6), wherever the fleet is. */
import { expect } from 'vitest';
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
  const then = await eventually(
    async () => {
      const instances = await pool.instances();
      return instances.filter(isRunning).length <= 2 ? instances : undefined;
    },
    { timeoutMs: LEFT_WITHIN_MS, everyMs: 100, what: `${workers - 2} to leave` },
  );
  expect(then.filter(isRunning).map(({ instance }) => instance)).toContain(busy);
  const left = then.filter((instance) => !isRunning(instance)).map(({ instance }) => instance);
  const ticketed = (await ticketsOf(lab)).filter((ticket) => ticket.void !== true).map(({ instance }) => instance);
  expect(
    left.filter((instance) => !ticketed.includes(instance)),
    'left without a ticket',
  ).toEqual([]);
  expect(ticketed, 'the busy one was given none').not.toContain(busy);
  await gate.open(busyItem);
  expect((await watch.exited).code, watch.stderr).toBe(0);
  expect(await lab.results(job)).toHaveLength(items);
  expect(await pool.instances(), 'none was lost, so none was replaced').toHaveLength(workers);
  return job;
}

const isRunning = ({ state }: { readonly state: string }): boolean => state === 'running';

async function ticketsOf(lab: StackLab): Promise<{ instance: string; void?: boolean }[]> {
  const found: { instance: string; void?: boolean }[] = [];
  for await (const { key } of lab.store.list('fleet/exits/', never())) {
    const object = await lab.store.get(key, never());
    found.push(JSON.parse(Buffer.from(object!.body).toString()) as { instance: string });
  }
  return found;
}

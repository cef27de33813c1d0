import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { Gate } from '../support/gate.js';
import { Lab } from '../support/lab.js';
import { modelPath } from './models.js';

const never = (): { signal: AbortSignal } => ({ signal: new AbortController().signal });
const numbers = (count: number): string => Array.from({ length: count }, (_, index) => `${index}\n`).join('');

describe('a fleet that shrinks', () => {
  let lab: Lab;
  afterEach(() => lab.close());

  it('lets no more idle workers go than it granted, and never a busy one (R6)', { timeout: 120_000 }, async () => {
    lab = await Lab.start({ maxWorkers: 6 });
    const gate = await Gate.make(lab.directory, 'gate');
    // Each worker computes one batch and holds the next: twelve batches keep six at work.
    const dataset = await lab.file('items.jsonl', numbers(12));
    const job = await lab.submit([dataset, '--model', modelPath('gated'), '--env', gate.env, '--batch-size', '1']);
    const watch = lab.startCli(['watch', job, '--json']);
    await gate.waitForStarted(6);
    const [first = ''] = await gate.started();
    const busyItem = Number(first.split('-')[1]);
    const busy = await lab.instanceOf(Gate.pidOf(first));
    // Five become idle at once. Two batches are left, both held by the busy one, so two instances are right.
    for (let item = 0; item < 12; item++) if (item !== busyItem) await gate.open(item);
    await eventually(async () => (await lab.running()).length === 2, { timeoutMs: 40_000, what: 'four to leave' });
    const stayed = (await lab.running()).map(({ id }) => id);
    expect(stayed).toContain(busy);
    const left = (await lab.instances()).map(({ id }) => id).filter((id) => !stayed.includes(id));
    const confirmed = (await tickets()).filter((ticket) => ticket.void !== true).map((ticket) => ticket.instance);
    expect(confirmed.sort()).toEqual(left.sort());
    await gate.open(busyItem);
    expect((await watch.exited).code, watch.stderr).toBe(0);
    expect(await lab.results(job)).toHaveLength(12);
    expect(await lab.instances(), 'none was lost, so none was replaced').toHaveLength(6);
  });

  async function tickets(): Promise<{ instance: string; void?: boolean }[]> {
    const found: { instance: string; void?: boolean }[] = [];
    for await (const { key } of lab.store.list('fleet/exits/', never())) {
      const object = await lab.store.get(key, never());
      found.push(JSON.parse(Buffer.from(object!.body).toString()) as { instance: string });
    }
    return found;
  }
});

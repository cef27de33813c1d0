import { afterEach, describe, expect, it } from 'vitest';
import { outcomeKey } from '../../core/contract/keys.js';
import { eventually } from '../support/eventually.js';
import { Gate } from '../support/gate.js';
import { Lab } from '../support/lab.js';
import { processesBelow } from '../support/stack-lab.js';
import { modelPath } from './models.js';

/** Long enough that a batch which is visible again "at once" was handed back, and did not return by an expired lease. */
const LONG_LEASE_SECONDS = 120;

describe('a reclaimed instance', () => {
  let lab: Lab;
  afterEach(() => lab.close());

  async function oneHeldBatch(leaseSeconds: number): Promise<{ gate: Gate; job: string }> {
    lab = await Lab.start({ leaseSeconds, maxWorkers: 1 });
    const gate = await Gate.make(lab.directory, 'gate');
    const dataset = await lab.file('one.jsonl', '21\n');
    const job = await lab.submit([dataset, '--model', modelPath('gated'), '--env', gate.env, '--batch-size', '1']);
    await lab.setTarget(1);
    await gate.waitForStarted(1);
    // There is no second instance, so that the queue alone explains what is observed.
    await lab.admin('POST', 'market', { capacity: 0 });
    return { gate, job };
  }

  it('with a notice hands its batch back at once, not after the lease (R3)', async () => {
    await oneHeldBatch(LONG_LEASE_SECONDS);
    expect(await lab.counts()).toEqual({ visible: 0, inFlight: 1 });
    const [instance] = await lab.running();
    await lab.reclaim(instance!.id, 60_000);
    await eventually(async () => (await lab.counts()).visible === 1, { what: 'the batch to be visible' });
    expect(
      (await lab.running()).map(({ id }) => id),
      'it stays until AWS takes it',
    ).toEqual([instance!.id]);
  });

  it('without a notice costs one short lease (R2) and no attempt (R4)', async () => {
    const { gate, job } = await oneHeldBatch(2);
    const [instance] = await lab.running();
    await lab.reclaim(instance!.id, null);
    await eventually(async () => (await lab.counts()).visible === 1, { what: 'the lease to run out' });
    await gate.open();
    await lab.admin('POST', 'market', { capacity: 10 });
    await eventually(async () => (await lab.store.head(outcomeKey(job, 0), never())) !== undefined);
    expect((await lab.status(job)).items).toMatchObject({ ok: 1, failed: 0 });
    expect(await keysBelow(`jobs/${job}/attempts/`)).toEqual([]);
  });

  it('whose lease expired while it slept finishes late, and there is still one outcome (R1)', async () => {
    const { gate, job } = await oneHeldBatch(2);
    const [sleeper] = await lab.running();
    const pids = await processGroup(sleeper!.directory);
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    await eventually(async () => (await lab.counts()).visible === 1, { what: 'the lease to run out' });
    await lab.admin('POST', 'market', { capacity: 10 });
    await lab.setTarget(2);
    await gate.waitForStarted(2);
    await gate.open();
    const outcome = await eventually(() => lab.store.head(outcomeKey(job, 0), never()), { what: 'the outcome' });
    for (const pid of pids) process.kill(pid, 'SIGCONT');
    await eventually(async () => JSON.stringify(await lab.counts()) === '{"visible":0,"inFlight":0}');
    expect((await lab.store.head(outcomeKey(job, 0), never()))?.etag).toBe(outcome.etag);
    expect(await lab.results(job)).toEqual([{ index: 0, ok: true, output: 42 }]);
    expect(outcome.metadata['instance']).not.toBe(sleeper!.id);
  });

  async function keysBelow(prefix: string): Promise<string[]> {
    const keys: string[] = [];
    for await (const { key } of lab.store.list(prefix, never())) keys.push(key);
    return keys;
  }
});

const never = (): { signal: AbortSignal } => ({ signal: new AbortController().signal });

/** The processes of an instance (the worker and its slots), which work below the instance's directory. */
async function processGroup(directory: string): Promise<number[]> {
  return (await processesBelow(directory)).map(({ pid }) => pid);
}

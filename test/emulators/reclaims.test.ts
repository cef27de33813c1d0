import { afterEach, describe, expect, it } from 'vitest';
import type { WorkerPhase } from '../../core/contract/fleet-state.js';
import { instanceStatusKey, outcomeKey } from '../../core/contract/keys.js';
import { modelPath } from '../e2e/models.js';
import { Gate } from '../support/gate.js';
import { EmulatorLab } from './support/emulator-lab.js';

/** No test waits this long, so a batch that another worker gets did not come back because its lease ran out. */
const LONG_LEASE_SECONDS = 300;
const SHORT_LEASE_SECONDS = 3;
/** The worker hands back at once and stays until the end of the notice. The test does not wait for that end. */
const NOTICE_SECONDS = 120;

describe('a reclaimed instance of an emulator', () => {
  let lab: EmulatorLab;
  afterEach(() => lab.close());

  /** Starts two instances: one holds the only batch, the other waits for work. */
  async function oneHeldBatch(): Promise<{ gate: Gate; job: string; holder: string }> {
    const gate = await Gate.make(lab.directory, 'gate');
    const dataset = await lab.file('one.jsonl', '21\n');
    const job = await lab.submit([dataset, '--model', modelPath('gated'), '--env', gate.env, '--batch-size', '1']);
    await lab.setTarget(1);
    const [started = ''] = await gate.waitForStarted(1);
    const holder = await lab.instanceOf(Gate.pidOf(started));
    await lab.setTarget(2);
    await lab.soon('the other instance to be idle', async () => {
      const others = (await lab.running()).filter(({ instance }) => instance !== holder);
      const phases = others.map(
        async ({ instance }) => (await lab.json(instanceStatusKey(instance)))['phase'] as WorkerPhase,
      );
      return (await Promise.all(phases)).some((phase) => phase === 'idle');
    });
    expect(await gate.started(), 'the lease is extended').toHaveLength(1);
    return { gate, job, holder };
  }

  async function finishedByTheOther({ gate, job, holder }: { gate: Gate; job: string; holder: string }): Promise<void> {
    await gate.open();
    const outcome = await lab.soon('the outcome', () => lab.store.head(outcomeKey(job, 0), inTime()));
    expect(outcome.metadata['instance']).not.toBe(holder);
    expect(await lab.results(job)).toEqual([{ index: 0, ok: true, output: 42 }]);
    // A reclaim is never an attempt (R4).
    expect(await lab.keys(`jobs/${job}/attempts/`)).toEqual([]);
  }

  it('with a notice hands its batch back at once, not after the lease (R3)', async () => {
    lab = await EmulatorLab.start({ leaseSeconds: LONG_LEASE_SECONDS, noticeSeconds: NOTICE_SECONDS });
    const held = await oneHeldBatch();
    await lab.terminate(held.holder);
    await held.gate.waitForStarted(2);
    expect(lab.hostSaid).toContain('"event":"notice"');
    await finishedByTheOther(held);
  });

  it('without a notice loses its batch to another worker after one short lease (R2)', async () => {
    lab = await EmulatorLab.start({ leaseSeconds: SHORT_LEASE_SECONDS });
    const held = await oneHeldBatch();
    lab.killWorker(held.holder);
    await held.gate.waitForStarted(2);
    await lab.soon('the host to end the instance', async () =>
      (await lab.running()).every(({ instance }) => instance !== held.holder),
    );
    await finishedByTheOther(held);
  });
});

const inTime = (): { signal: AbortSignal } => ({ signal: AbortSignal.timeout(10_000) });

/**
 * A test of instances that arrive late and are used as they arrive. Time is virtual: a batch is done when the test moves the clock
 * (test/e2e/models/ticking.mjs), and the test moves it when every ready instance is busy.
 */
import { expect } from 'vitest';
import { resultsPrefix } from '../../core/contract/keys.js';
import { eventually } from './eventually.js';
import type { Gate } from './gate.js';
import type { StackLab } from './stack-lab.js';

export interface Arrival {
  readonly job: string;
  readonly gate: Gate;
  /** The number of instances that are ready at t=1. */
  readonly early: number;
  /** The number of instances that are ready at t=3. */
  readonly all: number;
  readonly bringRest: () => Promise<void>;
}

/** Counts the batches that are done from t=2 to the end of t=4. The clock stood at t=2 before the first instance came. */
export async function doneAsTheyArrive(lab: StackLab, { job, gate, early, all, bringRest }: Arrival): Promise<number> {
  let atWork = early;
  let done = 0;
  for (const step of [2, 3, 4]) {
    if (step === 4) {
      await bringRest();
      atWork = all;
    }
    expect(await gate.waitForStarted(atWork, `${step}-`)).toHaveLength(atWork);
    await gate.setTick(step + 1); // the end of this step
    done += atWork;
    await eventually(async () => (await outcomesOf(lab, job)) === done, {
      what: `${done} outcomes after step ${step}`,
    });
  }
  return done;
}

async function outcomesOf(lab: StackLab, job: string): Promise<number> {
  let count = 0;
  for await (const _ of lab.store.list(resultsPrefix(job), { signal: new AbortController().signal })) count++;
  return count;
}

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { modelPath } from '../e2e/models.js';
import { Gate } from '../support/gate.js';
import { doneAsTheyArrive } from '../support/staggered.js';
import { EmulatorLab } from './support/emulator-lab.js';

/** Emulators fulfil a target at once, so the late instances are those that the test requests later. */
describe('four instances on an emulator, two of them late', () => {
  let lab: EmulatorLab;
  beforeAll(async () => {
    lab = await EmulatorLab.start({ leaseSeconds: 20 });
  });
  afterAll(() => lab.close());

  it('are used as they arrive: 8 batches are done in the time in which waiting for all would do 4', async () => {
    const gate = await Gate.make(lab.directory, 'gate');
    const dataset = await lab.file('items.jsonl', Array.from({ length: 16 }, (_, index) => `${index}\n`).join(''));
    const job = await lab.submit([dataset, '--model', modelPath('ticking'), '--env', gate.env, '--batch-size', '1']);
    await gate.setTick(2);
    await lab.setTarget(2);
    const bringRest = (): Promise<void> => lab.setTarget(4);
    expect(await doneAsTheyArrive(lab, { job, gate, early: 2, all: 4, bringRest }), lab.hostSaid).toBe(8);
    expect((await lab.cli(['cancel', job])).code).toBe(0);
  });
});

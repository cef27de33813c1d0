import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { projectRoot } from '../support/cli.js';
import { eventually } from '../support/eventually.js';
import { Gate } from '../support/gate.js';
import { Lab } from '../support/lab.js';
import { modelPath } from './models.js';

const WORKERS = 5;
/** Each worker computes one batch and holds the next. */
const ITEMS = 2 * WORKERS;
/** Long enough that a busy machine postpones the switch many times, and that an instance is replaced before the switch fires. */
const SWITCH_DELAY_MS = 8_000;

interface CloudState {
  readonly fleets: readonly { readonly target: number; readonly openRequests: number }[];
  readonly schedules: readonly unknown[];
  readonly invocations: readonly { readonly state: string }[];
}

describe('a fleet without any controller (R9)', () => {
  let lab: Lab;
  let controllers: ChildProcess[] = [];
  afterEach(async () => {
    await killControllers();
    await lab.close();
  });

  it('ends at 0 instances after all controllers were killed, and its work is done (R6, R8)', async () => {
    lab = await Lab.start({ maxWorkers: WORKERS, maxIdleSeconds: 1 });
    const gate = await Gate.make(lab.directory, 'gate');
    const dataset = await lab.file('items.jsonl', '1\n'.repeat(ITEMS));
    const job = await lab.submit([dataset, '--model', modelPath('gated'), '--env', gate.env, '--batch-size', '1']);
    controllers = [startController(), startController()];
    await gate.waitForStarted(WORKERS);
    expect(await cloud()).toMatchObject({ fleets: [{ target: WORKERS }], schedules: [{}], invocations: [] });

    await killControllers();
    await gate.open();
    // A worker without work ends itself, and the fleet replaces it, because nobody lowers the target.
    await eventually(async () => (await lab.instances()).length > WORKERS, { what: 'a replacement' });
    expect(await cloud()).toMatchObject({ fleets: [{ target: WORKERS }] });

    await eventually(async () => (await cloud()).fleets[0]?.target === 0, { what: 'the switch to fire' });
    await eventually(nothingLives, { what: 'the last instance to end itself' });
    const { length } = await lab.instances();
    const { fleets, schedules, invocations } = await cloud();
    expect(fleets).toMatchObject([{ target: 0, openRequests: 0 }]);
    expect(schedules, 'it deleted itself').toEqual([]);
    expect(invocations).toMatchObject([{ state: 'succeeded' }]);
    expect(await lab.instances(), 'nothing is replaced any more').toHaveLength(length);
    expect(await lab.results(job)).toHaveLength(ITEMS);
  });

  const cloud = async () => (await lab.admin('GET', 'state')) as CloudState;

  const nothingLives = async () => (await lab.instances()).every(({ state }) => state === 'terminated');

  function startController(): ChildProcess {
    const script = path.join(projectRoot, 'test/e2e/controller.mjs');
    const stackFile = path.join(lab.directory, 'stack.json');
    return spawn(process.execPath, [script, stackFile, String(SWITCH_DELAY_MS)], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  }

  async function killControllers(): Promise<void> {
    for (const controller of controllers.splice(0)) {
      const ended = once(controller, 'exit');
      controller.kill('SIGKILL');
      await ended;
    }
  }
});

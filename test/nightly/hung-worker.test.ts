import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { outcomeKey } from '../../core/contract/keys.js';
import { modelPath } from '../e2e/models.js';
import { eventually } from '../support/eventually.js';
import { Gate } from '../support/gate.js';
import { Lab } from '../support/lab.js';

/** The watcher kills a worker that hangs within three and a half minutes, and its instance ends with it. */
const ENDS_WITHIN_MS = 300_000;

let lab: Lab;
afterEach(() => lab.close());

it(
  'a worker that hangs is named by watch and status, is killed within five minutes, and its batch goes on elsewhere',
  { timeout: 2 * ENDS_WITHIN_MS },
  async () => {
    lab = await Lab.start({ leaseSeconds: 3, maxWorkers: 2 });
    const gate = await Gate.make(lab.directory, 'gate');
    const dataset = await lab.file('four.jsonl', '1\n2\n3\n4\n');
    const model = ['--model', modelPath('gated'), '--env', gate.env, '--no-try'];
    const job = await lab.submit([dataset, ...model, '--batch-size', '1', '--max-attempts', '1']);
    const watch = lab.startCli(['watch', job]);
    const [started = ''] = await gate.waitForStarted(2);
    const hung = await lab.instanceOf(Gate.pidOf(started));
    const { directory } = (await lab.running()).find(({ id }) => id === hung) ?? {};
    const [pid] = (await readFile(path.join(directory ?? '', 'alive'), 'utf8')).split(' ');
    process.kill(Number(pid), 'SIGSTOP');
    const stoppedAtMs = Date.now();
    const named = eventually(
      async () => (await lab.cli(['status', job])).stdout.includes(`${hung}: no sign of life for`),
      { timeoutMs: ENDS_WITHIN_MS, everyMs: 5_000, what: 'status to name the instance' },
    );
    await gate.open();

    // No attempt is left, and the hang costs none.
    const batch = Number(started.split('-')[1]) - 1;
    const outcome = await eventually(() => lab.store.head(outcomeKey(job, batch), never()), { what: 'the outcome' });
    expect(outcome.metadata['instance']).not.toBe(hung);

    await named;
    await eventually(async () => (await lab.running()).every(({ id }) => id !== hung), { timeoutMs: ENDS_WITHIN_MS });
    expect(Date.now() - stoppedAtMs).toBeLessThan(ENDS_WITHIN_MS);
    const { code, stdout } = await watch.exited;
    expect(stdout).toMatch(new RegExp(`The worker on ${hung} hangs or is cut off: no sign of life for \\d minutes`));
    expect(code).toBe(0);
    expect((await lab.status(job)).items).toMatchObject({ ok: 4, failed: 0 });
  },
);

const never = (): { signal: AbortSignal } => ({ signal: new AbortController().signal });

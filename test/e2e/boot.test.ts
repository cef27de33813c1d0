/** Runs the real boot script, unit and worker bundle, up to the first receive and the end of the instance. */
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { resultsPrefix, workerBundleKey, workerPointerKey } from '../../core/contract/keys.js';
import { encodeWorkerPointer } from '../../core/contract/worker-pointer.js';
import { eventually } from '../support/eventually.js';
import { Gate } from '../support/gate.js';
import { Lab } from '../support/lab.js';
import { callsFile, LIFE_SECONDS, type MachineOptions, provisionMachines } from './machine/provision.js';
import { modelPath } from './models.js';

const { signal } = new AbortController();
const MAX_IDLE_SECONDS = 1;

let machine: MachineOptions;
let lab: Lab;
beforeAll(async () => {
  const directory = await mkdtemp(path.join(os.tmpdir(), 'spotpool-machine-'));
  machine = { directory, maxIdleSeconds: MAX_IDLE_SECONDS, packages: ['git', 'gcc'] };
  lab = await Lab.start({ maxWorkers: 1, provision: provisionMachines(machine) });
});
beforeEach(() => writeFile(callsFile(machine), ''));
afterAll(async () => {
  await lab.close();
  await rm(machine.directory, { recursive: true });
});

const calls = async (): Promise<string[]> => (await readFile(callsFile(machine), 'utf8')).trimEnd().split('\n');
const called = async (prefix: string): Promise<string[]> => (await calls()).filter((call) => call.startsWith(prefix));

/** The objects that an instance has left in the bucket. */
async function left(instance: string, name: string): Promise<string> {
  const stored = await lab.store.get(`fleet/instances/${instance}/${name}`, { signal });
  return Buffer.from(stored?.body ?? []).toString();
}

async function outcomes(job: string): Promise<number> {
  let count = 0;
  for await (const _ of lab.store.list(resultsPrefix(job), { signal })) count += 1;
  return count;
}

/** Starts one instance. It is not replaced when it has ended. */
async function launch(): Promise<string> {
  await lab.setTarget(1);
  const [{ id }] = await eventually(async () => {
    const [first] = await lab.running();
    return first && ([first] as const);
  });
  await lab.setTarget(0);
  return id;
}

const ended = (instance: string): Promise<unknown> =>
  eventually(async () => (await lab.instances()).some(({ id, state }) => id === instance && state === 'terminated'), {
    timeoutMs: 30_000,
    what: `the end of ${instance}`,
  });

describe('an instance whose pool asks for a package that does not exist', () => {
  it('ends with the reason in its boot log, and starts no worker', async () => {
    const directory = await mkdtemp(path.join(os.tmpdir(), 'spotpool-machine-'));
    const asking = { directory, maxIdleSeconds: MAX_IDLE_SECONDS, packages: ['git', 'no-such-package'] };
    await writeFile(callsFile(asking), '');
    const other = await Lab.start({ maxWorkers: 1, provision: provisionMachines(asking) });
    try {
      await other.submit([await other.file('items.jsonl', '1\n'), '--model', modelPath('double')]);
      await other.setTarget(1);
      const ended = await eventually(
        async () => (await other.instances()).find(({ state }) => state === 'terminated'),
        { timeoutMs: 30_000, what: 'the end' },
      );
      await other.setTarget(0);
      const stored = await other.store.get(`fleet/instances/${ended.id}/boot.log`, { signal });
      const log = Buffer.from(stored?.body ?? []).toString();
      expect(log).toMatch(/Unable to find a match: no-such-package\n(.*\n)*.*the boot script ends with 1\n$/);
      expect(await readFile(callsFile(asking), 'utf8')).not.toMatch(/^started/m);
    } finally {
      await other.close();
      await rm(directory, { recursive: true });
    }
  });
});

describe('an instance that boots by the boot script', () => {
  it('says what to do when no worker is published, uploads its log, and ends', async () => {
    const instance = await launch();
    await ended(instance);
    const log = await left(instance, 'boot.log');
    expect(log).toContain('workers/current.json is not there');
    expect(log).toContain('submit a job with a current spotpool, which publishes the worker');
    expect(log).toContain('the boot script ends with 1');
    expect((await calls())[0]).toBe(`shutdown -P +${LIFE_SECONDS / 60 + 10}`);
    expect(await called('systemctl')).toEqual(['systemctl poweroff']);
  });

  it('runs no bundle whose digest differs from the pointer, uploads its log, and ends', async () => {
    const sha256 = createHash('sha256').update('what was published').digest('hex');
    await lab.store.put(workerBundleKey(sha256), 'something else', { signal });
    await lab.store.put(workerPointerKey, encodeWorkerPointer({ version: '0.0.1', sha256 }), { signal });
    const instance = await launch();
    await ended(instance);
    expect(await left(instance, 'boot.log')).toMatch(/worker\.tar\.gz: FAILED/);
    expect(await called('systemctl')).toEqual(['systemctl poweroff']);
    expect(await called('started')).toEqual([]);
  });

  it('receives a batch with the published worker, restarts the worker after a crash, and ends when it is idle', async () => {
    const gate = await Gate.make(lab.directory, 'gate');
    const dataset = await lab.file('items.jsonl', '1\n2\n3\n4\n');
    const job = await lab.submit([dataset, '--model', modelPath('gated'), '--env', gate.env, '--batch-size', '1']);
    const instance = await launch();
    await eventually(async () => (await lab.counts()).inFlight > 0, { timeoutMs: 30_000, what: 'the first receive' });
    expect((await calls())[0]).toMatch(/^shutdown -P \+\d+$/);
    expect(await called('dnf')).toEqual([
      'dnf install -y -q --repo=amazonlinux --setopt=install_weak_deps=False git gcc nodejs24 python3.13',
    ]);
    expect(await called('systemctl')).toEqual([
      'systemctl daemon-reload',
      'systemctl enable --now spotpool-worker.service spotpool-watcher.service',
    ]);

    // The worker holds one batch in hand and one fetched ahead. Their leases expire long after this test.
    await eventually(async () => (await lab.counts()).inFlight === 2, { what: 'a batch fetched ahead' });
    const [first] = await called('started');
    process.kill(Number(first?.split(' ')[1]), 'SIGKILL');
    await eventually(async () => (await called('started')).length === 2, { what: 'the second start' });
    await gate.open();
    await eventually(async () => (await outcomes(job)) >= 2, { timeoutMs: 30_000, what: 'the outcomes' });
    await ended(instance);
    expect(await called('systemctl --no-block')).toEqual(['systemctl --no-block poweroff']);
    expect(await left(instance, 'boot.log')).toContain('the work directory is on the root volume');
    expect(await left(instance, 'boot.log')).toMatch(/the worker is started\n.*the boot script ends with 0\n$/);
    const words = await left(instance, 'worker.log');
    expect(words.match(/"code":"worker-started"/g)).toHaveLength(2);
    expect(words).toMatch(/"code":"worker-ended".*"reason":"idle"/);
  });
});

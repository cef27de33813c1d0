import { PurgeQueueCommand } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeSqsClient } from '../../aws/clients.js';
import { enqueuedKey, manifestKey, resultsPrefix } from '../../core/contract/keys.js';
import { eventually } from '../support/eventually.js';
import { Gate } from '../support/gate.js';
import { Lab } from '../support/lab.js';
import { clientOptions, connectStack } from '../../runner/wiring/stack-ports.js';
import { systemClock } from '../../runner/wiring/clock.js';
import { controlUntil } from '../../runner/controller/control-until.js';
import { modelPath } from './models.js';
import { ONE_BY_ONE } from '../support/stack-lab.js';

const numbers = (count: number): string => Array.from({ length: count }, (_, index) => `${index}\n`).join('');
const doubled = (count: number): unknown[] =>
  Array.from({ length: count }, (_, index) => ({ index, ok: true, output: index * 2 }));
const never = (): { signal: AbortSignal } => ({ signal: new AbortController().signal });

describe('jobs', () => {
  let lab: Lab;
  beforeEach(async () => {
    lab = await Lab.start({ maxWorkers: 3 });
  });
  afterEach(() => lab.close());

  it('finishes after a message has vanished: batches without an outcome are enqueued again (R5)', async () => {
    const dataset = await lab.file('items.jsonl', numbers(8));
    const job = await lab.submit([dataset, '--model', modelPath('double'), '--batch-size', '2']);
    await purge();
    // This controller waits less than the CLI's. SQS's counters may lag for minutes, but the local cloud's do not.
    const report = await controlUntil(
      { ...connectStack(lab.stack), clock: systemClock },
      { maxWorkers: 2, quietMs: 1_000, passMs: 250, until: ({ parked, jobs }) => parked && jobs.length === 0 },
      AbortSignal.timeout(50_000),
    );
    expect(report.fleet.running).toBe(0);
    expect(await lab.results(job)).toEqual(doubled(8));
  });

  it('finishes without any controller once instances run (R8)', async () => {
    const dataset = await lab.file('items.jsonl', numbers(40));
    const job = await lab.submit([dataset, '--model', modelPath('double'), '--batch-size', '1']);
    await lab.setTarget(2);
    await eventually(async () => (await outcomes(job)) === 40, { what: '40 outcomes', timeoutMs: 40_000 });
    expect((await lab.status(job)).batches).toEqual({ total: 40, done: 40, failed: 0 });
  });

  it('continues a submit that was killed half-way, and enqueues each batch', { timeout: 240_000 }, async () => {
    const count = 60_000;
    const dataset = await lab.file('items.jsonl', numbers(count));
    const submit = [
      'submit',
      dataset,
      '--model',
      modelPath('double'),
      '--batch-size',
      '10',
      '--id',
      'broken-off',
      '--max-workers',
      '1',
    ];
    const first = lab.startCli(submit);
    await eventually(() => lab.store.head(manifestKey('broken-off'), never()), { what: 'the manifest' });
    first.child.kill('SIGKILL');
    await first.exited;
    expect(await lab.store.head(enqueuedKey('broken-off'), never()), 'killed before all was sent').toBeUndefined();
    expect((await lab.status('broken-off')).state).toBe('submitting');

    expect((await lab.cli(submit)).code).toBe(0);
    expect(await lab.store.head(enqueuedKey('broken-off'), never())).toBeDefined();
    const { visible, inFlight } = await lab.counts();
    expect(visible + inFlight).toBeGreaterThan(0);
  });

  it('is refused under the same id with other content', async () => {
    const dataset = await lab.file('items.jsonl', numbers(4));
    const other = await lab.file('other.jsonl', numbers(5));
    await lab.submit([dataset, '--model', modelPath('double'), '--id', 'mine']);
    const refused = await lab.cli(['submit', other, '--model', modelPath('double'), '--id', 'mine', ...ONE_BY_ONE]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/mine.*dataset|dataset.*mine/s);
  });

  it('of two runners at once finish, each with its own results', { timeout: 240_000 }, async () => {
    const dataset = await lab.file('items.jsonl', numbers(30));
    const run = (name: string): Promise<{ code: number | null }> =>
      lab.cli([
        'run',
        dataset,
        '--model',
        modelPath('double'),
        '--batch-size',
        '2',
        '--id',
        name,
        '--out',
        `${name}.jsonl`,
      ]);
    const [one, two] = await Promise.all([run('one'), run('two')]);
    expect([one.code, two.code]).toEqual([0, 0]);
    expect(await lab.results('one')).toEqual(doubled(30));
    expect(await lab.results('two')).toEqual(doubled(30));
    expect((await lab.instances()).every(({ state }) => state === 'terminated')).toBe(true);
    expect(await lab.admin('GET', 'state'), 'the switch went with the last instance').toMatchObject({ schedules: [] });
  });

  it(
    'with two models share the fleet, and cancelling one does not affect the other',
    { timeout: 240_000 },
    async () => {
      const gate = await Gate.make(lab.directory, 'gate');
      const dataset = await lab.file('items.jsonl', numbers(12));
      const held = await lab.submit([
        dataset,
        '--model',
        modelPath('gated'),
        '--env',
        gate.env,
        '--batch-size',
        '1',
        '--id',
        'held',
      ]);
      await lab.setTarget(2);
      await gate.waitForStarted(1);
      const other = await lab.submit([dataset, '--model', modelPath('double'), '--batch-size', '1', '--id', 'other']);
      const watch = lab.startCli(['watch', other, '--json']);
      const cancel = await lab.cli(['cancel', held, '--json']);
      expect(cancel.code, cancel.stderr).toBe(0);
      expect((await watch.exited).code, watch.stderr).toBe(0);
      expect(await lab.results(other)).toEqual(doubled(12));
      expect((await lab.status(held)).state).toBe('cancelled');
      await eventually(async () => JSON.stringify(await lab.counts()) === '{"visible":0,"inFlight":0}', {
        what: 'the cancelled batches to be dropped',
      });
      expect(await outcomes(held)).toBe(0);
    },
  );

  async function outcomes(job: string): Promise<number> {
    let count = 0;
    for await (const _ of lab.store.list(resultsPrefix(job), never())) count++;
    return count;
  }

  async function purge(): Promise<void> {
    const sqs = makeSqsClient(clientOptions(lab.stack));
    await sqs.send(new PurgeQueueCommand({ QueueUrl: lab.stack.queueUrl }));
    sqs.destroy();
  }
});

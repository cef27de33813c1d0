import { beforeEach, describe, expect, it } from 'vitest';
import type { NewWorkerEvent } from '../../../core/contract/events.js';
import { summaryKey } from '../../../core/contract/keys.js';
import { encodeWorkerSummary } from '../../../core/contract/worker-summary.js';
import { POLICIES } from '../../../core/forecast/policies.js';
import { quantileOf, type Times } from '../../../core/forecast/times.js';
import { WorkerSummaries } from '../../../core/record/worker-summaries.js';
import { FakeStack } from '../../support/fake-stack.js';
import { RecordingTerminal } from '../../support/recording-terminal.js';

let stack: FakeStack;

beforeEach(() => {
  stack = new FakeStack();
});

async function printed(...argv: readonly string[]): Promise<string> {
  const code = await stack.run('simulate', ...argv);
  expect([code, stack.terminal.stderr]).toEqual([0, '']);
  return stack.terminal.stdout;
}

async function refused(...argv: readonly string[]): Promise<string> {
  expect(await stack.run('simulate', ...argv)).toBe(2);
  const { stdout, stderr } = stack.terminal;
  // A program gets the sentence as an object, and nothing else is printed.
  const said = argv.includes('--json') ? [expect.objectContaining({ kind: 'misuse', exitCode: 2 })] : [];
  expect(
    stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => (JSON.parse(line) as { readonly error: unknown }).error),
  ).toEqual(said);
  return stderr;
}

interface ReuseDocument {
  readonly simulations: number;
  readonly seed: number;
  readonly rows: readonly object[];
}

describe('spotpool simulate reuse', () => {
  const SMALL = ['reuse', '--inputs', '10,100', '--provisioning', '10,100', '--simulations', '20'];

  it('prints a table, and a plot of time and of cost on logarithmic axes', async () => {
    const lines = (await printed(...SMALL)).split('\n');
    expect(lines[0]).toMatch(/^What reuse saves, of 20 simulations a point \(seed 1\)\./);
    expect(lines[3]).toMatch(/^INPUTS +LONGEST PROVISIONING +TIME SAVED +COST SAVED$/);
    expect(lines.slice(4, 8)).toHaveLength(4);
    for (const line of lines.slice(4, 8)) expect(line).toMatch(/^ *\d+ +\d+ +\d+\.\d % +\d+\.\d %$/);
    expect(lines.filter((line) => line.includes('both logarithmic'))).toHaveLength(2);
    expect(lines.filter((line) => /^ *(?:10|100) │/.test(line))).toHaveLength(4);
  });

  it('has no line that is wider than 80 columns', async () => {
    const lines = (await printed('reuse', '--simulations', '1')).split('\n');
    expect(lines.filter(({ length }) => length > 80)).toEqual([]);
  });

  it('has the numbers of inputs and the longest provisioning times of the literature by default', async () => {
    const { rows, simulations } = JSON.parse(await printed('reuse', '--simulations', '1', '--json')) as ReuseDocument;
    expect(simulations).toBe(1);
    expect(rows).toHaveLength(49);
    expect(Object.keys(rows[0] ?? {})).toEqual(['inputs', 'maxProvisioning', 'time', 'cost']);
    expect(rows.at(-1)).toMatchObject({ inputs: 1_000, maxProvisioning: 1_000 });
  });

  it('prints the same rows as CSV and as JSON, the same for the same seed', async () => {
    const document = JSON.parse(await printed(...SMALL, '--json')) as ReuseDocument;
    stack = new FakeStack();
    const [head, ...lines] = (await printed(...SMALL, '--csv')).trim().split('\n');
    expect(head).toBe('inputs,maxProvisioning,time,cost');
    expect(lines).toEqual(document.rows.map((row) => Object.values(row).join(',')));
    stack = new FakeStack();
    const other = JSON.parse(await printed(...SMALL, '--seed', '2', '--json')) as ReuseDocument;
    expect(other.rows).not.toEqual(document.rows);
  });

  it('draws no plot of one point', async () => {
    const text = await printed('reuse', '--inputs', '10', '--provisioning', '10', '--simulations', '5');
    expect(text).not.toContain('logarithmic');
    expect(text.trim().split('\n')).toHaveLength(5);
  });

  it.each([
    [['--inputs', '0'], /It must be a whole number from 1 to 100000/],
    [['--inputs', '1,x'], /It must be a whole number/],
    [['--provisioning', '-1'], /It must be a number from/],
  ])('refuses %j', async (argv, message) => expect(await refused('reuse', ...argv)).toMatch(message));

  it('refuses two forms of the output at once, and says so in the one for programs, too', async () => {
    expect(await stack.run('simulate', 'reuse', '--csv', '--json')).toBe(2);
    const message = '--csv and --json are two forms of the same output. Give one of them.';
    expect(JSON.parse(stack.terminal.stdout)).toEqual({ error: { kind: 'misuse', message, exitCode: 2 } });
    expect(stack.terminal.stderr).toContain(message);
  });
});

/** A worker with two slots that has computed these batches of two items in 8 s each. */
async function plantSummary(job: string, batches: readonly number[]): Promise<void> {
  const instance = 'i-1';
  const summaries = new WorkerSummaries(instance);
  const add = (event: NewWorkerEvent): void => summaries.add({ at: '2026-01-01T00:01:00.000Z', instance, ...event });
  add({ code: 'worker-started', instanceType: 'c7g.large', zone: 'us-east-1a', slots: 2, bootMs: 900, message: '' });
  add({ code: 'slot-shape', job, slots: 2, concurrency: 1, settled: true, message: 'Two cores.' });
  for (const batch of batches) {
    const done = { job, batch, lease: `lease-${batch}`, ok: 2, failed: 0, resumed: 0 };
    add({ code: 'batch-committed', ...done, computeMs: 8_000, heldMs: 9_000, message: '' });
  }
  const summary = summaries.take(job);
  if (summary === undefined) throw new Error('the worker has done something for the job');
  await stack.store.put(summaryKey(job, instance), encodeWorkerSummary(summary), {
    signal: new AbortController().signal,
  });
}

describe('spotpool simulate reuse --csv --json', () => {
  it('is refused, because both are forms of one output', async () => {
    expect(await stack.run('simulate', 'reuse', '--csv', '--json')).toBe(2);
    expect(stack.terminal.stdout).toContain('--csv and --json are two forms of the same output');
    expect(stack.terminal.stdout).not.toContain('rows');
  });
});

interface PoolDocument {
  readonly ideal: { readonly seconds: number };
  readonly policies: readonly {
    readonly policy: string;
    readonly seconds: { readonly median: number; readonly p90: number };
    readonly dollars?: object;
    readonly instances: { readonly means: readonly number[] };
  }[];
}

describe('spotpool simulate pool', () => {
  const JOB = [
    'pool',
    '--items',
    '2000',
    '--item-time',
    '100ms',
    '--load',
    '5s',
    '--instances',
    '4',
    '--simulations',
    '3',
  ];

  it('compares all policies in a table, and shows their instances over time', async () => {
    const text = await printed(...JOB);
    expect(text).toMatch(
      /^2,000 items, 3 m 20 s of computing in one slot, on at most 4 instances with 1 slot each\. 3 simulations of each policy, seed 1\.\n/,
    );
    for (const { name } of POLICIES) {
      expect(text).toMatch(new RegExp(`^${name} +\\d`, 'm'));
      expect(text).toMatch(new RegExp(`^${name} +[▁▂▃▄▅▆▇█ ]+$`, 'm'));
    }
    expect(text).toMatch(/^\(the ideal\) +50 s +0\.06$/m);
    expect(text).toMatch(/No price is known, so no cost is given\./);
    expect(text).not.toMatch(/NaN|undefined|Infinity/);
  });

  it('gives the same as a document', async () => {
    const { ideal, policies } = JSON.parse(await printed(...JOB, '--price', '0.05', '--json')) as PoolDocument;
    expect(ideal.seconds).toBe(50);
    expect(policies.map(({ policy }) => policy)).toEqual(POLICIES.map(({ name }) => name));
    const [ours, stateless] = policies;
    expect(ours?.seconds.median).toBeGreaterThanOrEqual(50 + 60 + 5);
    expect(stateless?.seconds.median).toBeGreaterThan(ours?.seconds.median ?? 0);
    for (const { dollars, instances } of policies) {
      expect(dollars).toBeDefined();
      expect(instances.means).toHaveLength(61);
    }
  });

  it('cuts no figure off on a terminal of 80 columns', async () => {
    stack.terminal = new RecordingTerminal({ columns: 80, rows: 24 }, true);
    const lines = (await printed(...JOB, '--price', '0.05', '--reclaims', '0.2')).split('\n');
    expect(lines.filter((line) => line.includes('…') || line.length > 80)).toEqual([]);
    expect(lines.filter((line) => line.startsWith('POLICY'))).toEqual([
      expect.stringMatching(/ HOURS +COST +90 % +IDLE +STARTING$/),
    ]);
  });

  it('says so when a job would never end', async () => {
    const text = await printed('pool', '--items', '2', '--item-time', '10h', '--reclaims', '5', '--simulations', '1');
    expect(text).toMatch(/spotpool +no end +no end +- /);
    expect(text).toMatch(/spotpool: 1 simulation did not end: 30 days were not enough, or batches/);
  });

  it.each([
    [[], /A job has to be described: give --items and --item-time/],
    [['--items', '10'], /A job has to be described/],
    [['--items', '10', '--item-time', '0s'], /The time of an item must be above 0/],
    [['--items', '10', '--item-time', '20'], /It must be a time \(20ms\)/],
    [['--items', '10', '--item-time', '20ms:p90=10ms'], /the 90th percentile above the median/],
    [['--items', '10', '--item-time', '20ms:p95=30ms'], /It must be a time/],
    [['--items', '10', '--item-time', '9s..3s'], /The second time must not be shorter/],
    [['--items', '10', '--item-time', '20ms:p90=30ms:longest=25ms'], /must not be below the 90th percentile/],
    [['--items', '10', '--item-time', '25h'], /a time is at most 24h/],
    [['--items', '10', '--item-time', '1s', '--no-notice', '2'], /It must be a number from 0 to 1/],
  ])('refuses %j', async (argv, message) => expect(await refused('pool', ...argv)).toMatch(message));

  it.each(['20ms', '10ms..30ms', '20ms:p90=60ms', '20ms:p90=60ms:longest=1s', '20ms:p90=200ms:heavy', '0.5ms'])(
    'takes %s for the time of an item',
    async (time) => {
      expect(await printed('pool', '--items', '50', '--item-time', time, '--simulations', '1')).toContain('50 items');
    },
  );

  it('takes a job that was run from its record, and changes what options say', async () => {
    await stack.plantJob('herg', 2);
    await stack.commit('herg', 0);
    await plantSummary('herg', [0, 1]);
    const document = JSON.parse(
      await printed('pool', '--from', 'herg', '--instances', '3', '--load', '7s', '--simulations', '1', '--json'),
    ) as { readonly work: object; readonly pool: object };
    expect(document.work).toMatchObject({ items: 4, itemsOfATime: 2, loadTimes: { kind: 'constant', ms: 7_000 } });
    expect(document.pool).toMatchObject({ maxInstances: 3, slots: 2 });
    const { itemTimes } = document.work as { readonly itemTimes: Times };
    // The batches took 8 s for two items each. The record keeps times in buckets that grow by a tenth.
    expect(quantileOf(itemTimes)(0.5) / 4_000).toBeCloseTo(1, 1);
  });

  it('refuses a job of which no item was measured, and names the other way', async () => {
    await stack.plantJob('herg', 1);
    expect(await refused('pool', '--from', 'herg')).toMatch(
      /Job herg has no measured times of items, .* Give --items and --item-time/,
    );
  });
});

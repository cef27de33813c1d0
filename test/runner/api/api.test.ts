/** The programs' API on a stack in memory. It does what the commands do, and the commands are its first users. */
import { getEventListeners } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { inputPartKey, outcomeKey } from '../../../core/contract/keys.js';
import { makeApi } from '../../../runner/api/make-api.js';
import type { Api, JobEvent, JobRequest, ResultLine, Stack, SubmitEvent } from '../../../runner/api/types.js';
import { JobNotFound, SpotpoolError, StackNotFound, StackUnreachable, UserError } from '../../../runner/errors.js';
import { FakeStack } from '../../support/fake-stack.js';

let fake: FakeStack;
let api: Api;
let stack: Stack;
beforeEach(async () => {
  fake = new FakeStack();
  fake.cwd = await mkdtemp(path.join(os.tmpdir(), 'spotpool-test-'));
  await writeFile(path.join(fake.cwd, 'data.jsonl'), '1\n2\n3\n');
  await writeFile(path.join(fake.cwd, 'model.mjs'), 'export const predict = (items) => items;\n');
  api = makeApi(fake.context());
  stack = await api.openStack();
});
afterEach(() => rm(fake.cwd, { recursive: true }));

async function all<Value>(values: AsyncIterable<Value>): Promise<readonly Value[]> {
  const found: Value[] = [];
  for await (const value of values) found.push(value);
  return found;
}

function containsItself(): object {
  const item: Record<string, unknown> = {};
  item['item'] = item;
  return item;
}

const model = { model: 'model.mjs' };
const inputOf = (job: string): string | undefined => fake.store.text(inputPartKey(job, 0));

describe('submit', () => {
  it('takes a dataset, as the command does, and says what was submitted', async () => {
    const submitted = await api.submit(stack, { ...model, dataset: 'data.jsonl', id: 'mine', batchSize: 2 });
    expect(submitted).toEqual({
      job: 'mine',
      dataset: 'data.jsonl',
      model: 'model.mjs',
      items: 3,
      badItems: 0,
      batches: 2,
      continued: false,
      controlled: false,
    });
    await fake.run('submit', 'data.jsonl', '--model', 'model.mjs', '--id', 'mine', '--batch-size', '2', '--json');
    const { events: _events, ...facts } = JSON.parse(fake.terminal.stdout) as Readonly<Record<string, unknown>>;
    expect(facts).toEqual({ ...submitted, continued: true });
  });

  async function* made(): AsyncGenerator<number> {
    yield 1;
    yield 2;
  }

  it.each<readonly [string, () => Extract<JobRequest, { items: unknown }>['items'], string]>([
    ['a list', () => [{ text: 'ü\n' }, null, 'x'], '{"text":"ü\\n"}\nnull\n"x"\n'],
    ['a set', () => new Set([3, 4]), '3\n4\n'],
    ['a generator', () => made(), '1\n2\n'],
    ['one text that is no list of items', () => ['{"a":1}'], '"{\\"a\\":1}"\n'],
  ])('takes items: %s', async (_, items, lines) => {
    const { job, dataset } = await api.submit(stack, { ...model, items: items() });
    expect(dataset).toBe('items');
    expect(inputOf(job)).toBe(lines);
  });

  it('continues a job with the same items, and refuses others', async () => {
    const request = { ...model, id: 'mine', items: [1, 2] };
    await api.submit(stack, request);
    expect(await api.submit(stack, request)).toMatchObject({ continued: true });
    await expect(api.submit(stack, { ...request, items: [1, 3] })).rejects.toMatchObject({ kind: 'job-differs' });
  });

  it.each<readonly [string, unknown, RegExp]>([
    ['NaN', { a: [NaN] }, /^Item 1 has NaN/],
    ['a BigInt', 3n, /^Item 1 has the BigInt 3/],
    ['a Map', new Map(), /^Item 1 has a Map/],
    ['undefined', undefined, /^Item 1 has undefined/],
    ['a function', () => 1, /^Item 1 has a function/],
    ['undefined in a list', { a: [undefined] }, /^Item 1 has undefined in a list/],
    ['a list with a hole', new Array(1), /^Item 1 has undefined in a list/],
    ['a Date without a time', { at: new Date(Number.NaN) }, /^Item 1 has a Date without a time/],
    ['bytes', new Uint8Array(2), /^Item 1 has a Uint8Array/],
    ['an error', new RangeError('x'), /^Item 1 has a RangeError/],
    ['an object that contains itself', containsItself(), /^Item 1 has an object that contains itself/],
  ])('refuses an item that JSON would change: %s', async (_, item, message) => {
    const submitting = api.submit(stack, { ...model, items: [0, item as never] });
    await expect(submitting).rejects.toBeInstanceOf(UserError);
    await expect(submitting).rejects.toThrow(message);
  });

  it.each<readonly [string, object, RegExp]>([
    ['an option that does not exist', { slot: 3 }, /submit has no option slot/],
    ['no model', { model: undefined }, /submit needs the option model/],
    ['a number out of its range', { slots: 0 }, /The option slots cannot be 0\. It must be a whole number/],
    ['a text for a switch', { perLine: 'yes' }, /The option perLine cannot be "yes"\. It must be true or false/],
    ['another word than one of a list', { wheels: 'disk' }, /It must be bucket, index/],
    ['a list with numbers', { ship: [1] }, /The option ship cannot be \[1\]/],
    ['an id that is none', { id: 'a/b' }, /The option id cannot be "a\/b"/],
    ['a dataset beside the items', { dataset: 'data.jsonl', items: [] }, /takes a dataset or items/],
    ['neither dataset nor items', {}, /needs a dataset or items/],
    ['standard input', { dataset: '-' }, /standard input of the program/],
    ['a dataset that does not exist', { dataset: 'none.jsonl' }, /none\.jsonl/],
    ['no item', { items: [] }, /no items|None|empty/i],
    ['one text as items', { items: 'data.jsonl' }, /a file is given as `dataset`/],
    ['items that cannot be read', { items: 5 }, /no list and no iterator/],
    ['null as items', { items: null }, /no list and no iterator/],
    ['a variable whose name has an =', { env: { 'A=B': 'c' } }, /The option env cannot have the name "A=B"/],
  ])('refuses %s, before anything is sent', async (_, change, message) => {
    const submitting = api.submit(stack, { ...model, ...change } as never);
    await expect(submitting).rejects.toThrow(message);
    await expect(submitting).rejects.toBeInstanceOf(UserError);
    expect(fake.store.writes).toEqual([]);
  });

  it('rejects with the reason of its signal, also while the items keep it waiting', async () => {
    const reason = new Error('enough');
    await expect(api.submit(stack, { ...model, items: [1] }, { signal: AbortSignal.abort(reason) })).rejects.toBe(
      reason,
    );
    expect(fake.store.writes).toEqual([]);
    const stop = new AbortController();
    async function* waits(): AsyncGenerator<number> {
      yield 1;
      stop.abort(reason);
      await new Promise(() => undefined);
    }
    await expect(api.submit(stack, { ...model, items: waits() }, { signal: stop.signal })).rejects.toBe(reason);
    expect(getEventListeners(stop.signal, 'abort')).toEqual([]);
  });

  it('lets an asynchronous iterator end when it has read enough of it', async () => {
    let isEnded = false;
    async function* endless(): AsyncGenerator<unknown> {
      try {
        for (;;) yield 1n;
      } finally {
        isEnded = true;
      }
    }
    await expect(api.submit(stack, { ...model, items: endless() as AsyncGenerator<never> })).rejects.toThrow('Item 0');
    expect(isEnded).toBe(true);
  });

  it('reports what it does, and that the controller could not be woken', async () => {
    fake.broken = { controller: { wake: () => Promise.reject(new Error('no answer')) } };
    const events: SubmitEvent[] = [];
    stack = await api.openStack();
    await api.submit(stack, { ...model, items: [1] }, { onEvent: (event) => events.push(event) });
    expect(events.map(({ event }) => event)).toContain('enqueueing');
    expect(events.at(-1)).toMatchObject({
      event: 'happened',
      level: 'warning',
      message: expect.stringContaining('could not be woken') as string,
    });
  });
});

describe('follow', () => {
  it('gives the events of watch --json, and ends with the job', async () => {
    await fake.plantJob('j', 6);
    const events = await all(api.follow(stack, 'j'));
    const twin = new FakeStack();
    await twin.plantJob('j', 6);
    await twin.run('watch', 'j', '--json');
    const lines = twin.terminal.stdout.trimEnd().split('\n');
    // The last line is the object of `status --json`.
    expect(events).toEqual(lines.slice(0, -1).map((line) => JSON.parse(line) as JobEvent));
    expect(events.at(-1)).toMatchObject({ event: 'summary', instancesLeft: 0 });
  });

  it('stops when the loop is left, and the job goes on', async () => {
    await fake.plantJob('j', 6);
    for await (const { event } of api.follow(stack, { job: 'j' })) if (event === 'progress') break;
    const { nowMs } = fake;
    await new Promise((resolve) => setImmediate(resolve));
    expect(fake.nowMs).toBe(nowMs);
    expect(fake.undone.get('j')).not.toEqual([]);
  });

  it('rejects with the reason of its signal, to which no listener is left', async () => {
    await fake.plantJob('j', 6);
    const stop = new AbortController();
    const reason = new Error('enough');
    fake.onTick = () => stop.abort(reason);
    await expect(all(api.follow(stack, 'j', { signal: stop.signal }))).rejects.toBe(reason);
    expect(getEventListeners(stop.signal, 'abort')).toEqual([]);
  });
});

describe('results', () => {
  it('are typed lines in the order of the dataset, with what was asked for', async () => {
    const { job } = await api.submit(stack, {
      ...model,
      items: [{ n: 1 }, { n: 2 }, { n: 3 }],
      batchSize: 2,
      keep: ['n'],
    });
    await fake.commit(job, 1);
    await fake.commit(job, 0, 1);
    const lines: readonly ResultLine<string, { n: number }>[] = await all(
      api.results<string, { n: number }>(stack, job, { withInput: true, jobOfLine: true }),
    );
    expect(lines.map(({ json: _json, ...line }) => line)).toEqual([
      { index: 0, ok: false, error: { code: 'Odd', message: 'item 0 is odd' }, kept: { n: 1 }, input: { n: 1 }, job },
      { index: 1, ok: true, output: 'x', kept: { n: 2 }, input: { n: 2 }, job },
      { index: 2, ok: true, output: 'x', kept: { n: 3 }, input: { n: 3 }, job },
    ]);
    fake.terminal.stdout = '';
    await fake.run('results', job, '--out', '-', '--with-input', '--job-of-line');
    expect(lines.map(({ json }) => `${json}\n`).join('')).toBe(fake.terminal.stdout);
    expect((await all(api.results(stack, job, { only: 'failed' }))).map(({ index }) => index)).toEqual([0]);
  });

  it('of a running job are those that are finished, and a loop may be left early', async () => {
    await fake.plantJob('j', 3);
    await fake.commit('j', 1);
    expect((await all(api.results(stack, 'j'))).map(({ index }) => index)).toEqual([2, 3]);
    for await (const { index } of api.results(stack, 'j')) {
      expect(index).toBe(2);
      break;
    }
  });

  it('that are damaged are an error behind the last line', async () => {
    await fake.plantJob('j', 2);
    await fake.commit('j', 1);
    await fake.store.put(outcomeKey('j', 0), 'garbage\n', { signal: fake.interrupt.signal });
    const seen: number[] = [];
    const reading = (async () => {
      for await (const { index } of api.results(stack, 'j')) seen.push(index);
    })();
    await expect(reading).rejects.toThrow('Batch 0 is damaged');
    await expect(reading).rejects.toBeInstanceOf(SpotpoolError);
    expect(seen).toEqual([2, 3]);
  });
});

describe('the API', () => {
  it('reads the record of a job, which is that of show --json', async () => {
    await fake.plantJob('j', 1);
    const record = await api.record(stack, 'j');
    await fake.run('show', 'j', '--json');
    expect(record).toEqual(JSON.parse(fake.terminal.stdout));
  });

  it('tells errors apart by their classes', async () => {
    const missing = makeApi({ ...fake.context(), env: {} });
    await expect(missing.openStack()).rejects.toBeInstanceOf(StackNotFound);
    await expect(missing.openStack({ local: true, stack: 'x.json' })).rejects.toBeInstanceOf(UserError);
    for (const call of [
      () => api.record(stack, 'no'),
      () => all(api.follow(stack, 'no')),
      () => all(api.results(stack, 'no')),
    ]) {
      await expect(call()).rejects.toBeInstanceOf(JobNotFound);
      await expect(call()).rejects.toMatchObject({ job: 'no', kind: 'job-not-found' });
    }
    await expect(api.record({ ...stack }, 'no')).rejects.toThrow('must be a stack that openStack has opened');
    await fake.plantJob('j', 1);
    fake.store.get = () => Promise.reject(Object.assign(new Error('connect failed'), { code: 'ECONNREFUSED' }));
    await expect(api.record(stack, 'j')).rejects.toBeInstanceOf(StackUnreachable);
    await expect(all(api.results(stack, 'j'))).rejects.toBeInstanceOf(StackUnreachable);
  });

  it('opens the stack that the options name', async () => {
    const { queueUrl, bucket, fleetId, maxWorkers } = fake.config;
    await writeFile(
      path.join(fake.cwd, 'stacks.json'),
      JSON.stringify({
        a: {
          QueueUrl: queueUrl,
          DeadLetterQueueUrl: queueUrl,
          Bucket: bucket,
          FleetId: fleetId,
          MaxWorkers: String(maxWorkers),
        },
        b: {},
      }),
    );
    const configs: string[] = [];
    const { connect, ...world } = fake.context();
    const other = makeApi({
      ...world,
      env: {},
      connect: (config) => {
        configs.push(`${config.name} ${config.region}`);
        return connect(config);
      },
    });
    await other.openStack({ stack: 'stacks.json', name: 'a', region: 'eu-west-1' });
    expect(configs).toEqual(['a eu-west-1']);
    await expect(other.openStack({ stack: 'stacks.json', name: 'c' })).rejects.toBeInstanceOf(StackNotFound);
  });

  it('prints nothing', async () => {
    await fake.plantJob('j', 2);
    await all(api.follow(stack, 'j'));
    await all(api.results(stack, 'j'));
    expect(fake.terminal.stdout + fake.terminal.stderr).toBe('');
  });
});

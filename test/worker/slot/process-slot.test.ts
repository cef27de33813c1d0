import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { encodeBadLine, decodeInputLine } from '../../../core/contract/input-line.js';
import type { Slot, SlotEvent } from '../../../worker/slot/slot.js';
import { systemClock } from '../../../worker/system-clock.js';
import { eventually } from '../../support/eventually.js';
import {
  buildHost,
  computeWith,
  isAlive,
  itemsOf,
  modelOf,
  rebuildsIn,
  slotOf,
  type BuiltHost,
  type Computed,
} from './support.js';

let host: BuiltHost;
let slot: Slot;
beforeAll(async () => {
  host = await buildHost();
});
afterAll(() => host.remove());
afterEach(() => slot.close());

const goods = (count: number): readonly unknown[] => Array.from({ length: count }, () => ({ kind: 'good', value: 1 }));
const readies = (computed: Computed): number => computed.events.filter((event) => event.kind === 'ready').length;

describe('a slot', () => {
  it('is given no further slice while its results are being spilled', async () => {
    slot = slotOf(host);
    await computeWith(slot, modelOf('kinds.mjs'), itemsOf(goods(1)));
    const indexes: number[] = [];
    let goOn = (): void => undefined;
    let full: Promise<void> | undefined;
    const computation = slot.compute({
      job: 'job',
      batch: 0,
      model: modelOf('kinds.mjs'),
      items: itemsOf(goods(40)),
      onComputed: (items) => {
        indexes.push(...items.map(({ index }) => index));
        full ??= new Promise((resolve) => (goOn = resolve));
      },
      beforeSlice: () => full,
      onEvent: () => undefined,
      signal: new AbortController().signal,
    });
    await eventually(() => indexes.length > 0);
    // Only the slice that was under way when the first results came is answered.
    const before = await Promise.race([computation, new Promise((resolve) => setTimeout(resolve, 200))]);
    expect([before, indexes.length < 40]).toEqual([undefined, true]);
    goOn();
    expect(await computation).toEqual({ kind: 'computed' });
    expect(indexes.sort((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, index) => index));
  });

  it('tells the most memory that its model was seen to use, also after a reload, and nothing of another model', async () => {
    slot = slotOf(host);
    const [model, other] = [modelOf('kinds.mjs'), modelOf('slow.mjs')];
    expect(slot.memoryOf(model.modelKey)).toBeUndefined();
    await computeWith(slot, model, itemsOf(goods(1)));
    await slot.usage();
    const seen = slot.memoryOf(model.modelKey) ?? 0;
    expect(seen).toBeGreaterThan(5_000_000);
    expect(slot.memoryOf(other.modelKey)).toBeUndefined();
    await computeWith(slot, model, itemsOf([{ kind: 'exit' }]));
    expect(slot.memoryOf(model.modelKey)).toBeGreaterThanOrEqual(seen);
  });

  it('loads its model once for many batches, and measures its pace', async () => {
    slot = slotOf(host);
    expect(slot).toMatchObject({ modelKey: undefined, msPerItem: undefined });
    const first = await computeWith(slot, modelOf('kinds.mjs'), itemsOf(goods(50)));
    expect(readies(first)).toBe(1);
    expect(first.log.some((line) => line.startsWith('loading in /'))).toBe(true);
    expect(slot.modelKey).toBe(modelOf('kinds.mjs').modelKey);
    expect(slot.msPerItem).toBeGreaterThanOrEqual(0);
    const second = await computeWith(slot, modelOf('kinds.mjs'), itemsOf([{ kind: 'job' }], 100));
    expect(readies(second)).toBe(0);
    expect(second.results[100]).toEqual({ index: 100, ok: true, output: 'job-1' });
  });

  it('keeps nothing of a batch once it is done: a slot may see a million of them', async () => {
    slot = slotOf(host);
    const compute = async (): Promise<WeakRef<object>> => {
      const items = itemsOf(goods(3));
      await computeWith(slot, modelOf('kinds.mjs'), items);
      return new WeakRef(items);
    };
    const done = await compute();
    await compute(); // the slot may still hold the last batch, for its measurements or as items to ask again
    setFlagsFromString('--expose-gc');
    const collectGarbage = runInNewContext('gc') as () => void;
    await eventually(() => {
      collectGarbage();
      return done.deref() === undefined;
    });
  });

  it('loads its model before the first batch when it is warmed, and reports it to that batch', async () => {
    slot = slotOf(host);
    slot.warm(modelOf('kinds.mjs'));
    expect(slot.modelKey).toBe(modelOf('kinds.mjs').modelKey);
    expect(readies(await computeWith(slot, modelOf('kinds.mjs'), itemsOf(goods(1))))).toBe(1);
  });

  it('ends the process of one model before it loads another', async () => {
    slot = slotOf(host);
    const environment = modelOf('environment.mjs', { env: { A: '1' } });
    await computeWith(slot, environment, itemsOf([1]));
    const other = await computeWith(slot, modelOf('environment.mjs', { env: { A: '2' } }), itemsOf([1]));
    expect(readies(other)).toBe(1);
    expect(other.results[0]).toMatchObject({ output: { A: '2' } });
    const names = Object.keys((other.results[0] as unknown as { output: object }).output);
    expect(names).toContain('PATH');
    expect(names.filter((name) => /^(AWS_SECRET|SPOTPOOL|VITEST|NODE_)/.test(name))).toEqual([]);
  });

  it('makes failed lines of unreadable input without asking the model', async () => {
    slot = slotOf(host);
    const bad = decodeInputLine(encodeBadLine({ code: 'BadItem', message: 'line 3 is no JSON' }));
    const items = [{ index: 0, input: bad }, ...itemsOf(goods(1), 1)];
    const computed = await computeWith(slot, modelOf('kinds.mjs'), items);
    expect(computed.results[0]).toEqual({
      index: 0,
      ok: false,
      error: { code: 'BadItem', message: 'line 3 is no JSON' },
    });
    expect(computed.results[1]?.ok).toBe(true);
    expect((await computeWith(slot, modelOf('load-throws.mjs'), [{ index: 0, input: bad }])).failed).toEqual([0]);
  });

  it('gives a model no larger slices than it takes', async () => {
    slot = slotOf(host);
    const computed = await computeWith(slot, modelOf('buffered.mjs'), itemsOf(goods(100)));
    expect(computed).toMatchObject({ end: { kind: 'computed' }, failed: [] });
    expect(rebuildsIn(computed)).toEqual([]);
  });

  it('lets a model that waits work on several slices at once', async () => {
    slot = slotOf(host);
    const items = itemsOf(Array.from({ length: 40 }, () => ({ ms: 5 })));
    const mostAtOnce = async (env: Record<string, string>): Promise<number> => {
      const computed = await computeWith(slot, modelOf('slow.mjs', { concurrency: 4, env }), items);
      expect(computed).toMatchObject({ end: { kind: 'computed' }, failed: [], repeated: 0 });
      return Math.max(...computed.results.map((line) => (line?.ok === true ? (line.output as number) : 0)));
    };
    expect(await mostAtOnce({})).toBe(4);
    expect(await mostAtOnce({ MOST: '2' })).toBe(2);
  });

  it('asks no item again in a later batch when the items’ files are removed with their batch', async () => {
    slot = slotOf(host);
    const options = { itemsEndWithBatch: true };
    await computeWith(slot, modelOf('kinds.mjs'), itemsOf(goods(3)), options);
    const computed = await computeWith(slot, modelOf('kinds.mjs'), itemsOf([{ kind: 'error' }]), options);
    expect(computed.failed).toEqual([0]);
    expect(rebuildsIn(computed)).toEqual(['broken']);
  });

  it('keeps the model’s output apart from the answers, and bounds it', async () => {
    slot = slotOf(host);
    const items = itemsOf([{ kind: 'print' }, { kind: 'stderrFlood' }]);
    const computed = await computeWith(slot, modelOf('kinds.mjs'), items);
    await slot.close();
    expect(computed.results[0]).toMatchObject({ output: 'quiet' });
    expect(computed.log).toEqual(expect.arrayContaining(['printed by the model', 'written by the model', 'line 0']));
    expect(computed.log.length).toBeLessThan(250);
  });
});

describe('a model that cannot be loaded', () => {
  it.each([
    ['throws', 'load-throws.mjs', 'weights.bin is not there'],
    ['exports no predict', 'no-predict.mjs', 'must export a function predict'],
    ['is not there', 'not-there.mjs', 'not-there.mjs'],
    ['is no program', ['no-such-program-here'], 'no-such-program-here'],
    ['ends at once', ['true'], 'exit code 0'],
    ['has an impossible argument', ['echo', 'zero \0 byte'], 'could not be started'],
  ])('is the instance’s fault, with the reason: it %s', async (_what, start, message) => {
    slot = slotOf(host);
    const computed = await computeWith(slot, modelOf(start), itemsOf(goods(1)));
    expect(computed.end.kind).toBe('unable');
    expect(computed.end.kind === 'unable' && computed.end.message).toContain(message);
    expect(computed.end.kind === 'unable' && computed.end.message).not.toMatch(/^ +at /m); // a stack belongs in the log
    expect((await computeWith(slot, modelOf('kinds.mjs'), itemsOf(goods(1)))).end.kind).toBe('computed');
  });

  it('is one that takes too long', async () => {
    slot = slotOf(host, { loadTimeoutMs: 500 });
    const computed = await computeWith(slot, modelOf('load-hangs.mjs'), itemsOf(goods(1)));
    expect(JSON.stringify(computed.end)).toContain("The model's load did not end within 0.5 s");
  });

  it('is reported after 20 s, with its output so far and the expected line, and given up after the job’s own time', async () => {
    let aheadMs = 0;
    slot = slotOf(host, { clock: { ...systemClock, nowMs: () => systemClock.nowMs() + aheadMs } });
    const command = ['sh', '-c', 'printf "Password: "; echo "no weights yet" >&2; cat'];
    const events: SlotEvent[] = [];
    const computed = await computeWith(slot, modelOf(command, { loadTimeoutSeconds: 120 }), itemsOf(goods(1)), {
      onEvent: (event) => {
        events.push(event);
        if (event.kind === 'log') aheadMs += 20_000;
        if (event.kind === 'slow-load') aheadMs += 100_000;
      },
    });
    const slow = events.filter((event) => event.kind === 'slow-load');
    expect(slow).toHaveLength(1);
    expect(slow[0]?.message).toMatch(
      /printed "Password: " without the end of a line on standard output in the first 2\d s; the worker awaits the line/,
    );
    expect(slow[0]?.message).toContain('A command that is a model prints that line once it is loaded.');
    expect(slow[0]?.message).toContain(
      'The worker gives it 120 s (--load-timeout). The last line of its log: no weights yet',
    );
    expect(computed.end).toMatchObject({
      kind: 'unable',
      message: expect.stringContaining('within 120 s; the worker awaits') as unknown,
    });
  });

  it('is reported at once when its first line is a different one', async () => {
    slot = slotOf(host);
    const computed = await computeWith(slot, modelOf(['sh', '-c', 'echo Loading; cat']), itemsOf(goods(1)));
    expect(computed.end.kind === 'unable' && computed.end.message).toContain(
      'line 1 on standard output is not of the protocol: "Loading"',
    );
    expect(JSON.stringify(computed.end)).toContain('The first line that is awaited is');
  });
});

describe('an abort', () => {
  it('ends a working model promptly, and the next batch loads it again', async () => {
    slot = slotOf(host);
    const abort = new AbortController();
    const pids: number[] = [];
    const computing = computeWith(slot, modelOf('grandchild.mjs'), itemsOf(goods(50)), {
      signal: abort.signal,
      onLine: (line) => {
        if (line.ok) pids.push(...(line.output as number[]));
      },
    });
    await eventually(() => pids.length > 0, { what: 'the first answer' });
    abort.abort();
    expect((await computing).end).toEqual({ kind: 'aborted' });
    await eventually(() => !pids.some(isAlive), { what: 'the end of the processes' });
    expect(readies(await computeWith(slot, modelOf('kinds.mjs'), itemsOf(goods(1))))).toBe(1);
  });

  it('leaves a model loading that was not ready yet', async () => {
    slot = slotOf(host);
    const abort = new AbortController();
    const computing = computeWith(slot, modelOf('kinds.mjs'), itemsOf(goods(1)), { signal: abort.signal });
    abort.abort();
    expect((await computing).end).toEqual({ kind: 'aborted' });
    const next = await computeWith(slot, modelOf('kinds.mjs'), itemsOf(goods(1)));
    expect(next.end).toEqual({ kind: 'computed' });
    expect(readies(next)).toBe(1);
  });

  it('starts nothing when it comes before the batch', async () => {
    slot = slotOf(host);
    const computed = await computeWith(slot, modelOf('kinds.mjs'), itemsOf(goods(1)), { signal: AbortSignal.abort() });
    expect(computed.end).toEqual({ kind: 'aborted' });
    expect(slot.modelKey).toBeUndefined();
  });

  it('reaches the batch when its slot is closed', async () => {
    slot = slotOf(host);
    let answered = 0;
    const items = itemsOf([...goods(1), { kind: 'silent' }]);
    const computing = computeWith(slot, modelOf('kinds.mjs'), items, { onLine: () => (answered += 1) });
    await eventually(() => answered > 0);
    await slot.close();
    expect((await computing).end).toEqual({ kind: 'aborted' });
  });
});

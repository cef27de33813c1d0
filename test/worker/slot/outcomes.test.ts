/** Tests every row of the table "What an outcome means" with real processes. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Slot } from '../../../worker/slot/slot.js';
import { buildHost, computeWith, itemsOf, modelOf, rebuildsIn, slotOf, type BuiltHost } from './support.js';

let host: BuiltHost;
let slot: Slot;
beforeAll(async () => {
  host = await buildHost();
});
afterAll(() => host.remove());
afterEach(() => slot.close());

const good = (value: number): unknown => ({ kind: 'good', value });
const goods = (count: number): readonly unknown[] => Array.from({ length: count }, (_, value) => good(value));
/** Makes good items, with others in some places. */
const with_ = (count: number, others: Readonly<Record<number, unknown>>): readonly unknown[] =>
  goods(count).map((item, position) => others[position] ?? item);
const quick = { itemTimeoutSeconds: 0.7 };

describe('an error in an item’s place', () => {
  it('is that item’s failure when a later item is answered well', async () => {
    slot = slotOf(host);
    const computed = await computeWith(
      slot,
      modelOf('kinds.mjs'),
      itemsOf(with_(8, { 0: { kind: 'error' }, 3: { kind: 'plainError' } })),
    );
    expect(computed.end).toEqual({ kind: 'computed' });
    expect(computed.results[0]).toEqual({
      index: 0,
      ok: false,
      error: { code: 'NoSuchThing', message: 'no such thing' },
    });
    expect(computed.results[3]).toMatchObject({ error: { code: 'ModelError', message: 'of no use' } });
    expect(computed.results[7]).toEqual({ index: 7, ok: true, output: { doubled: 14 } });
    expect(computed).toMatchObject({ failed: [0, 3], repeated: 0 });
    expect(rebuildsIn(computed)).toEqual([]);
  });

  it('is that item’s failure at the end of a batch when the last good item is still answered well', async () => {
    slot = slotOf(host);
    const computed = await computeWith(slot, modelOf('kinds.mjs'), itemsOf(with_(3, { 2: { kind: 'error' } })));
    expect(computed.failed).toEqual([2]);
    expect(rebuildsIn(computed)).toEqual([]);
  });

  it('is confirmed when a fresh model says the same and nothing else is known', async () => {
    slot = slotOf(host);
    const computed = await computeWith(slot, modelOf('kinds.mjs'), itemsOf([{ kind: 'error' }]));
    expect(computed.failed).toEqual([0]);
    expect(rebuildsIn(computed)).toEqual(['broken']);
  });

  it('is redone on a fresh model when the model answers errors for ever after one item', async () => {
    slot = slotOf(host);
    const computed = await computeWith(slot, modelOf('kinds.mjs'), itemsOf(with_(60, { 9: { kind: 'breaker' } })));
    expect(computed.end).toEqual({ kind: 'computed' });
    expect(computed).toMatchObject({ failed: [9], repeated: 0 });
    expect(computed.results[9]).toMatchObject({ error: { message: 'this one broke it' } });
    expect(rebuildsIn(computed)).toEqual(['broken', 'broken']);
  });

  it('counts only against the chain of 1,000 carbons that breaks RDKit', async () => {
    slot = slotOf(host);
    const smiles = [...Array.from({ length: 20 }, () => 'CCO'), 'C'.repeat(1_000), 'not a molecule', 'c1ccccc1', 'CCO'];
    const computed = await computeWith(slot, modelOf('rdkit.mjs'), itemsOf(smiles));
    expect(computed).toMatchObject({ end: { kind: 'computed' }, failed: [20, 21], repeated: 0 });
    expect(computed.results[21]).toMatchObject({ error: { message: 'unreadable: not a molecule' } });
    expect(computed.results[22]).toMatchObject({ output: 78 });
    expect(rebuildsIn(computed)).toContain('broken');
  });

  it.each([
    ['undefined', 'output is undefined'],
    ['map', 'output.found is a Map'],
    ['cycle', 'circular'],
  ])('replaces an output that is not JSON: %s', async (kind, message) => {
    slot = slotOf(host);
    const computed = await computeWith(slot, modelOf('kinds.mjs'), itemsOf(with_(3, { 1: { kind } })));
    expect(computed.results[1]).toMatchObject({ error: { code: 'ModelError' } });
    expect(JSON.stringify(computed.results[1])).toContain(message);
    expect(computed.failed).toEqual([1]);
  });
});

describe('a lost slot', () => {
  it.each([
    ['throws', 'throw', 'SlotCrashed', 'thrown by the model', 'crashed'],
    ['exits', 'exit', 'SlotCrashed', 'exit code 3). The last line of its log: about to leave', 'crashed'],
    ['is killed', 'kill', 'SlotCrashed', 'signal SIGSEGV', 'crashed'],
    ['answers 17 MiB', 'wide', 'ProtocolFault', 'more than 16 MiB', 'protocol'],
  ])('fails the one item at which the model %s', async (_what, kind, code, message, reason) => {
    slot = slotOf(host);
    const computed = await computeWith(slot, modelOf('kinds.mjs'), itemsOf(with_(20, { 7: { kind } })));
    expect(computed.end).toEqual({ kind: 'computed' });
    expect(computed).toMatchObject({ failed: [7], repeated: 0 });
    expect(computed.results[7]).toMatchObject({ error: { code } });
    expect(JSON.stringify(computed.results[7])).toContain(message);
    expect(new Set(rebuildsIn(computed))).toEqual(new Set([reason]));
  });

  it.each(['busy', 'silent'])('fails the one item at which the model hangs (%s)', async (kind) => {
    slot = slotOf(host);
    const computed = await computeWith(slot, modelOf('kinds.mjs', quick), itemsOf(with_(12, { 4: { kind } })));
    expect(computed).toMatchObject({ end: { kind: 'computed' }, failed: [4], repeated: 0 });
    expect(computed.results[4]).toMatchObject({ error: { code: 'ItemTimeout' } });
    expect(JSON.stringify(computed.results[4])).toContain('within 0.7 s');
    // The slice is lost, and then twice the item alone.
    expect(rebuildsIn(computed)).toEqual(['timeout', 'timeout', 'timeout']);
  });

  it('finds the guilty item among others that the model had not answered', async () => {
    slot = slotOf(host);
    const items = itemsOf(with_(40, { 0: { kind: 'exit' }, 39: { kind: 'exit' } }));
    const computed = await computeWith(slot, modelOf('buffered.mjs'), items);
    expect(computed).toMatchObject({ end: { kind: 'computed' }, failed: [0, 39], repeated: 0 });
    expect(JSON.stringify(computed.results[39])).toContain('exit code 4');
  });

  it('blames no item when the model’s memory grows until it is stopped', async () => {
    slot = slotOf(host, { memoryLimitBytes: () => 450 * 1024 * 1024 });
    const items = itemsOf(Array.from({ length: 9 }, () => ({ kind: 'leak' })));
    const computed = await computeWith(slot, modelOf('kinds.mjs'), items);
    expect(computed).toMatchObject({ end: { kind: 'computed' }, failed: [], repeated: 0 });
    expect(rebuildsIn(computed)).toContain('memory');
  });

  it('fails the one item that needs more memory than a slot has, in its child processes too', async () => {
    slot = slotOf(host, { memoryLimitBytes: () => 300 * 1024 * 1024 });
    const computed = await computeWith(slot, modelOf('kinds.mjs'), itemsOf(with_(6, { 3: { kind: 'leakInChild' } })));
    expect(computed).toMatchObject({ failed: [3], repeated: 0 });
    expect(computed.results[3]).toMatchObject({ error: { code: 'MemoryExceeded' } });
    expect(JSON.stringify(computed.results[3])).toContain('the limit of a slot is 300 MiB');
  });

  it('is a crash when the model returns another number of outputs than it got items', async () => {
    slot = slotOf(host);
    const items = itemsOf(with_(5, { 2: { kind: 'missing' } }));
    const computed = await computeWith(slot, modelOf('wrong-number.mjs'), items);
    expect(computed.failed).toEqual([2]);
    expect(JSON.stringify(computed.results[2])).toContain('1 items and gave 0 outputs');
  });

  it('makes the batch an attempt when too many items end the model', async () => {
    slot = slotOf(host);
    const items = itemsOf(Array.from({ length: 5 }, () => ({ kind: 'exit' })));
    const computed = await computeWith(slot, modelOf('kinds.mjs'), items);
    // The model's own words come last, so that no sentence of ours can be taken for one of them.
    const told = computed.events.flatMap((event) => (event.kind === 'rebuilt' ? [event.message] : []));
    expect(told[0]).toMatch(/ The model is loaded again .* The last line of its log: about to leave$/);
    expect(computed.end).toMatchObject({ kind: 'attempt', error: { code: 'SlotCrashed' } });
    expect(JSON.stringify(computed.end)).toContain('7 times');
    expect(rebuildsIn(computed)).toHaveLength(7);
    expect((await computeWith(slot, modelOf('kinds.mjs'), itemsOf(goods(2)))).failed).toEqual([]);
  });
});

describe('a model that breaks the protocol', () => {
  const raw = [process.execPath, 'raw.mjs'];
  const output = (value: unknown): unknown => ({ output: JSON.stringify(value) });

  it.each([
    ['text', { print: 'hello there' }, '"hello there" (no JSON object'],
    ['an unknown index', { print: '{"index":99,"output":1}' }, 'index 99 is not asked for'],
    ['no index', { print: '{"output":1}' }, 'no "index"'],
    ['output and error', { print: '{"index":2,"output":1,"error":{"message":"x"}}' }, 'neither one'],
    ['a second ready', { print: '{"ready":true}' }, 'had said that already'],
    ['100 MB without a newline', { flood: true }, 'more than 16 MiB'],
    ['NaN', { print: '{"index":2,"output":NaN}' }, 'not JSON: it holds NaN (in output)'],
    [
      'Latin-1',
      { bytes: [...Buffer.from('{"index":2,"output":"caf\u00e9"}\n', 'latin1')] },
      'its byte 25, 0xe9, is not UTF-8',
    ],
  ])('fails the one item for which it prints %s', async (_what, item, message) => {
    slot = slotOf(host);
    const items = itemsOf([output(0), output(1), item, output(3), output(4)]);
    const computed = await computeWith(slot, modelOf(raw), items);
    expect(computed).toMatchObject({ end: { kind: 'computed' }, failed: [2], repeated: 0 });
    const line = computed.results[2];
    expect(line).toMatchObject({ error: { code: 'ProtocolFault' } });
    expect(line?.ok === false && line.error.message).toContain(message);
    // The model's log is not the reason.
    expect(JSON.stringify(line)).not.toContain('warming up');
    expect(new Set(rebuildsIn(computed))).toEqual(new Set(['protocol']));
  });

  it('is rebuilt when it answers an item twice', async () => {
    slot = slotOf(host);
    const computed = await computeWith(slot, modelOf(raw), itemsOf([output(0), { twice: true }, output(2)]));
    expect(computed).toMatchObject({ end: { kind: 'computed' }, failed: [], repeated: 0 });
    expect(rebuildsIn(computed)).toEqual(['protocol']);
  });

  it.each([
    ['{"output":"12345678901234567890.10"}', '12345678901234567890.10'],
    ['{"print":"{\\"output\\":{\\"10\\":1, \\"2\\":1e400},\\"took\\":3,\\"index\\":0}"}', '{"10":1, "2":1e400}'],
  ])('keeps the text of an output: %s', async (json, output) => {
    slot = slotOf(host);
    const lines: string[] = [];
    await slot.compute({
      job: 'j',
      batch: 0,
      model: modelOf(raw),
      items: itemsOf([JSON.parse(json)]),
      onComputed: (computed) => lines.push(...computed.map(({ line }) => line)),
      onEvent: () => undefined,
      signal: new AbortController().signal,
    });
    expect(lines).toEqual([`{"index":0,"ok":true,"output":${output}}\n`]);
  });

  it('cannot be loaded when it prints something else first', async () => {
    slot = slotOf(host);
    const computed = await computeWith(slot, modelOf([...raw, 'Welcome!\n']), itemsOf([output(1)]));
    expect(computed.end.kind).toBe('unable');
    expect(JSON.stringify(computed.end)).toContain('Welcome!');
  });
});

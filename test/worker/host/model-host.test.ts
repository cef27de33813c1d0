import { expect, it } from 'vitest';
import { ModelHost } from '../../../worker/host/model-host.js';

async function writesOf(outputs: (count: number) => unknown, items: number): Promise<readonly string[]> {
  const writes: string[] = [];
  const host = new ModelHost({
    model: { predict: (slice) => outputs(slice.length) as unknown[] },
    write: (text) => writes.push(text),
    signal: new AbortController().signal,
    directory: '/',
    nan: 'error',
    fail: (error) => {
      throw error;
    },
  });
  const lines = Array.from({ length: items }, (_, index) => `${JSON.stringify({ index, item: index })}\n`);
  const input = async function* (): AsyncGenerator<Buffer> {
    yield Buffer.from(`${lines.join('')}{"flush":true}\n`);
  };
  await host.serve(input());
  await new Promise((resolve) => setImmediate(resolve));
  return writes.slice(1); // the first says that it is ready
}

it('writes outputs together, in pieces, that are there already', async () => {
  const few = await writesOf((count) => Array.from({ length: count }, (_, n) => n), 100);
  expect(few).toHaveLength(1);
  expect(few[0]?.split('\n')).toHaveLength(101);
  const large = await writesOf((count) => Array.from({ length: count }, () => 'x'.repeat(50_000)), 10);
  expect(large).toHaveLength(5);
});

it('writes each output of a generator by itself', async () => {
  const outputs = async function* (): AsyncGenerator<number> {
    yield* [1, 2, 3];
  };
  expect(await writesOf(outputs, 3)).toHaveLength(3);
});

it('starts a slice that was sent ahead when all before it are answered, and any other at once', async () => {
  const begun: unknown[][] = [];
  const answer: (() => void)[] = [];
  const host = new ModelHost({
    model: {
      predict: async (slice) => {
        begun.push([...slice]);
        await new Promise<void>((resolve) => answer.push(resolve));
        return slice;
      },
    },
    write: () => undefined,
    signal: new AbortController().signal,
    directory: '/',
    nan: 'error',
    fail: (error) => {
      throw error;
    },
  });
  const slice = (index: number, flush: object): string =>
    `${JSON.stringify({ index, item: index })}\n${JSON.stringify({ flush: true, ...flush })}\n`;
  await host.serve(
    (async function* () {
      yield Buffer.from(slice(0, {}) + slice(1, {}) + slice(2, { after: true }));
    })(),
  );
  expect(begun).toEqual([[0], [1]]);
  answer[1]?.();
  await new Promise((resolve) => setImmediate(resolve));
  expect(begun).toEqual([[0], [1]]);
  answer[0]?.();
  await new Promise((resolve) => setImmediate(resolve));
  expect(begun).toEqual([[0], [1], [2]]);
});

it('answers each promise in an item’s place when it settles, and fails the items of rejected ones', async () => {
  const writes = await writesOf(
    () => [
      new Promise((resolve) => setImmediate(resolve, 'late')),
      Promise.reject(Object.assign(new Error('no'), { code: 'Refused' })),
      'there already',
      Promise.resolve(new Error('of no use')),
    ],
    4,
  );
  expect(writes.map((text) => JSON.parse(text) as unknown)).toEqual([
    { index: 2, output: 'there already' },
    { index: 1, error: { code: 'Refused', message: 'no' } },
    { index: 3, error: { code: 'ModelError', message: 'of no use' } },
    { index: 0, output: 'late' },
  ]);
});

it('fails only the item whose error has no text, or a message that is not text', async () => {
  const rejected = new Promise((_, reject) => {
    (reject as (reason: unknown) => void)(Object.create(null));
  });
  const writes = await writesOf(() => [rejected, Object.assign(new Error('no'), { message: { a: 1n } })], 2);
  expect(writes.map((text) => JSON.parse(text) as unknown)).toEqual([
    { index: 1, error: { code: 'ModelError', message: '[object Object]' } },
    { index: 0, error: { code: 'ModelError', message: 'an object without a text' } },
  ]);
});

it('accepts a typed array as the outputs', async () => {
  const [text] = await writesOf(() => Float32Array.of(0.5, Number.NaN, 2), 3);
  expect(
    text
      ?.trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown),
  ).toEqual([
    { index: 0, output: 0.5 },
    { index: 1, error: { code: 'ModelError', message: expect.stringContaining('output is NaN') as unknown } },
    { index: 2, output: 2 },
  ]);
});

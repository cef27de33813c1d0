import { expect, it } from 'vitest';
import { ModelHost } from '../../../worker/host/model-host.js';

async function writesOf(outputs: (count: number) => unknown, items: number): Promise<readonly string[]> {
  const writes: string[] = [];
  const host = new ModelHost({
    model: { predict: (slice) => outputs(slice.length) as unknown[] },
    write: (text) => writes.push(text),
    signal: new AbortController().signal,
    directory: '/',
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

it('writes outputs that are there already together, in pieces', async () => {
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

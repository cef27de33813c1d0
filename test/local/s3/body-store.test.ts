import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Body } from '../../../local/s3/body.js';
import { BodyStore } from '../../../local/s3/body-store.js';
import { eventually } from '../../support/eventually.js';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'local-bodies-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const countFiles = async () => (await readdir(directory)).length;
const signal = new AbortController().signal;

async function write(store: BodyStore, content: Buffer, pieceBytes = content.length || 1): Promise<Body> {
  const writer = store.create(content.length);
  for (let at = 0; at < content.length; at += pieceBytes) await writer.write(content.subarray(at, at + pieceBytes));
  return writer.finish();
}

async function read(body: Body): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of body.read(signal)) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}

describe('bodies', () => {
  it('are returned unchanged, in memory or on disk, whole, joined and cut', async () => {
    const stores = [new BodyStore(directory), new BodyStore(directory, 0)] as const;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.uint8Array({ maxLength: 300 }), fc.integer({ min: 1, max: 100 }), fc.constantFrom(0, 1)), {
          maxLength: 4,
        }),
        fc.nat(1200),
        fc.nat(1200),
        async (parts, start, length) => {
          const bodies = await Promise.all(
            parts.map(([content, pieceBytes, where]) => write(stores[where as 0], Buffer.from(content), pieceBytes)),
          );
          const whole = Buffer.concat(parts.map(([content]) => content));
          const joined = Body.join(bodies);
          for (const body of bodies) body.release();
          const slice = joined.slice(start, start + length);
          expect(await read(joined)).toEqual(whole);
          expect(await read(slice)).toEqual(whole.subarray(start, start + length));
          joined.release();
          slice.release();
        },
      ),
      { numRuns: 60 },
    );
    await eventually(async () => (await countFiles()) === 0, { what: 'all files to be gone' });
  });

  it('that are larger than the buffer are written in order', async () => {
    const content = Buffer.alloc(3_000_001);
    for (let at = 0; at < content.length; at += 1) content[at] = (at * 31) % 251;
    const body = await write(new BodyStore(directory), content, 70_000);
    expect((await read(body)).equals(content)).toBe(true);
    body.release();
    await eventually(async () => (await countFiles()) === 0, { what: 'the file to be gone' });
  });

  it('stay in memory while they are small and fit the budget, and free it at their end', async () => {
    const store = new BodyStore(directory, 3100);
    const small = Buffer.alloc(1000, 'x');
    const inMemory = await write(store, small);
    expect(inMemory.inMemory()).toEqual(small);
    const [second, spilled] = [await write(store, small), await write(store, small)];
    expect(await countFiles()).toBe(1);
    expect(spilled.inMemory()).toBeUndefined();
    const reader = second.slice(0, 10);
    second.release();
    const stillSpilled = await write(store, small);
    expect(await countFiles()).toBe(2);
    reader.release();
    const again = await write(store, small);
    expect(again.inMemory()).toEqual(small);
    for (const body of [inMemory, spilled, stillSpilled, again]) body.release();
    await eventually(async () => (await countFiles()) === 0, { what: 'all files to be gone' });
  });

  it('that are discarded leave nothing behind', async () => {
    const store = new BodyStore(directory, 1600);
    for (const size of [1000, 1000, 1_000_000]) {
      const writer = store.create(size);
      await writer.write(Buffer.alloc(size / 2));
      await writer.discard();
    }
    expect(await countFiles()).toBe(0);
    const fits = await write(store, Buffer.alloc(1000));
    expect(fits.inMemory()).toHaveLength(1000);
    fits.release();
  });
});

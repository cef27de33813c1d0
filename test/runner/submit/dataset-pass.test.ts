import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { ItemGroup } from '../../../runner/dataset/item-group.js';
import { readJsonLines } from '../../../runner/dataset/read-lines.js';
import { DatasetPass } from '../../../runner/submit/dataset-pass.js';
import { chunksAt } from '../dataset/reading.js';

const groupsOf = (bytes: Buffer, cuts: readonly number[]): AsyncGenerator<ItemGroup> =>
  readJsonLines(chunksAt(bytes, cuts), { name: 'd', strict: false });

async function passOver(groups: AsyncGenerator<ItemGroup>, partBytes: number, batchItems: number) {
  const pass = new DatasetPass(groups, { batchItems }, { partBytes });
  const parts: Buffer[] = [];
  while (await pass.hasMore()) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of pass.part(parts.length)) chunks.push(chunk);
    parts.push(Buffer.concat(chunks));
  }
  const { items, bytes, badItems } = pass;
  return { parts, plan: pass.plan('j'), digest: pass.digest(), items, bytes, badItems };
}

const lines = fc.array(
  fc.oneof(
    fc.integer().map(String),
    fc.string().map((s) => JSON.stringify(s)),
    fc.constant('{'),
  ),
);

it('gives the same parts, plan and digest however the bytes arrive, and the plan locates every item', async () => {
  await fc.assert(
    fc.asyncProperty(
      lines,
      fc.array(fc.nat(300)),
      fc.integer({ min: 1, max: 60 }),
      fc.integer({ min: 1, max: 5 }),
      async (texts, cuts, partBytes, batchItems) => {
        const bytes = Buffer.from(texts.join('\n'));
        const whole = await passOver(groupsOf(bytes, []), partBytes, batchItems);
        expect(await passOver(groupsOf(bytes, cuts), partBytes, batchItems)).toEqual(whole);
        const read = whole.plan.flatMap(({ key, startByte, endByte, items }) => {
          const part = whole.parts[Number(/part-(\d+)/.exec(key)?.[1])];
          const found = part?.toString('utf8', startByte, endByte).split('\n').slice(0, -1) ?? [];
          expect(found).toHaveLength(items);
          return found;
        });
        expect(read).toEqual(Buffer.concat(whole.parts).toString().split('\n').slice(0, -1));
        expect(whole).toMatchObject({ items: texts.length, badItems: texts.filter((text) => text === '{').length });
        for (const part of whole.parts) {
          expect(part.length <= partBytes || part.indexOf('\n') === part.length - 1).toBe(true);
        }
      },
    ),
  );
});

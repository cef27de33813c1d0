/** Tests the sample of a trial over many files. */
import { describe, expect, it } from 'vitest';
import { UserError } from '../../../runner/errors.js';
import { identified } from '../../../runner/dataset/identity/identified.js';
import { openRowsDataset } from '../../../runner/dataset/rows-dataset.js';
import type { RowsRequest } from '../../../runner/dataset/sources/rows-request.js';
import type { Source } from '../../../runner/dataset/sources/source.js';
import { sampleItems } from '../../../runner/try/sample-items.js';

const { signal } = new AbortController();
const MIB = 1024 * 1024;
const LINES = 64;
const TEXT = 'x'.repeat(MIB / LINES - 32);

/** A file of one MiB, whose rows have the file's number. */
function source(number: number, opened: number[], name = `${String(number).padStart(4, '0')}.jsonl`): Source {
  return {
    name,
    identity: name,
    again: true,
    facts: async () => ({ size: MIB }),
    async *stream() {
      opened.push(number);
      for (let row = 0; row < LINES; row++) yield Buffer.from(`${JSON.stringify({ file: number, text: TEXT })}\n`);
    },
  };
}

function dataset(files: number, request: Partial<RowsRequest> = {}) {
  const opened: number[] = [];
  const sources = Array.from({ length: files }, (_, number) => source(number, opened));
  return { opened, dataset: openRowsDataset({ name: 'many', ...request }, { kind: 'rows', sources, notices: [] }) };
}

const fileOf = ({ input }: { readonly input: { readonly kind: string; readonly json?: string } }): unknown =>
  (JSON.parse(input.json ?? '') as { readonly file: unknown }).file;

describe('a sample of many files', () => {
  it('has items of files that are spread over all of them, and not more bytes than it may', async () => {
    const { dataset: many, opened } = dataset(1_000);
    const sample = await sampleItems(many, { items: 20, bounds: { bytes: 40 * MIB, items: Infinity }, signal });
    expect(opened).toEqual([0, 111, 222, 333, 444, 555, 666, 777, 888, 999]);
    expect(new Set(sample.items.map(fileOf))).toEqual(new Set(opened));
    expect(sample).toMatchObject({ seen: 10 * LINES, isWhole: false, files: { read: 10, of: 1_000 } });
    expect(sample.seenBytes).toBeLessThan(41 * MIB);
  });

  it('is from the whole of a dataset that is not larger, and from the chosen part of another', async () => {
    const small = dataset(5);
    const bounds = { bytes: 40 * MIB, items: Infinity };
    const sample = await sampleItems(small.dataset, { items: 5, bounds, signal });
    expect(sample).toMatchObject({ seen: 5 * LINES, isWhole: true });
    expect(sample.files).toBeUndefined();
    const first = dataset(1_000, { limit: LINES });
    expect((await sampleItems(first.dataset, { items: 5, bounds, signal })).items.map(fileOf)).toEqual([0, 0, 0, 0, 0]);
  });

  it('is refused where an item has no id, with its file', async () => {
    const { dataset: many } = dataset(1_000);
    const options = { items: 5, bounds: { bytes: 8 * MIB, items: Infinity }, signal };
    const error: unknown = await sampleItems(identified(many, { idField: 'id' }), options).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(UserError);
    expect((error as UserError).message).toContain('0000.jsonl');
  });
});

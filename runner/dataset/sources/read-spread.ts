/**
 * Reads the beginnings of files that are spread over a large dataset of many files. The first files alone would be a bad sample, because files are often ordered by
 * time or by kind.
 */
import type { ItemGroup } from '../item-group.js';
import type { DatasetNotice } from '../notice.js';
import { readRows, type RowsHooks } from './read-rows.js';
import type { RowsRequest } from './rows-request.js';
import type { Source } from './source.js';

export interface SpreadRead {
  readonly groups: AsyncGenerator<ItemGroup>;
  /** How many files are read, and how many there are. */
  readonly files: { readonly read: number; readonly of: number };
}

/** More files would only add the time to open each of them. */
const MOST_READ = 100;
/** A smaller share would not pay for opening a file, above all in S3. */
const LEAST_SHARE_BYTES = 4 * 1024 * 1024;
/** Records have up to so many times the bytes of the packed file. */
const PACKED_TIMES = 8;
const PACKED = /\.(gz|zst|parquet|pq)$/i;

/** Undefined when the files together have no more bytes of items than may be read. */
export async function readSpread(
  sources: readonly Source[],
  request: RowsRequest,
  { most, hooks }: { readonly most: number; readonly hooks: RowsHooks },
  signal: AbortSignal,
): Promise<SpreadRead | undefined> {
  if (!(await areMore(sources, most, signal))) return undefined;
  const files = Math.max(1, Math.min(MOST_READ, sources.length, Math.floor(most / LEAST_SHARE_BYTES)));
  const numbers = Array.from({ length: files }, (_, n) =>
    files === 1 ? 0 : Math.round((n * (sources.length - 1)) / (files - 1)),
  );
  const shares = { numbers, bytes: most / files };
  return { groups: readShares(sources, shares, request, hooks, signal), files: { read: files, of: sources.length } };
}

/** The sizes are added only as far as it takes to know. */
async function areMore(sources: readonly Source[], most: number, signal: AbortSignal): Promise<boolean> {
  let bytes = 0;
  for (const source of sources) {
    if (!source.again) return false;
    const { size = 0 } = await source.facts(signal);
    bytes += size * (PACKED.test(source.name) ? PACKED_TIMES : 1);
    if (bytes > most) return true;
  }
  return false;
}

async function* readShares(
  sources: readonly Source[],
  shares: { readonly numbers: readonly number[]; readonly bytes: number },
  request: RowsRequest,
  hooks: RowsHooks,
  signal: AbortSignal,
): AsyncGenerator<ItemGroup> {
  const once = toldOnce(hooks);
  for (const number of shares.numbers) {
    const source = sources[number] as Source;
    let bytes = 0;
    for await (const group of readRows([source], request, once, signal)) {
      const rows = group.place?.rows ?? [];
      yield { ...group, place: { source: number, rows } };
      bytes += group.bytes.length;
      if (bytes >= shares.bytes) break;
    }
  }
}

/** Each file is read as a dataset of its own, and what is true of all of them is said for the first. */
function toldOnce(hooks: RowsHooks): RowsHooks {
  const told = new Set<DatasetNotice['code']>();
  return {
    ...hooks,
    notify: (notice) => {
      if (told.has(notice.code)) return;
      told.add(notice.code);
      hooks.notify?.(notice);
    },
  };
}

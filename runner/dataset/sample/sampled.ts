/**
 * Takes a uniform sample of a dataset, in the order of the dataset. One pass is enough, so a pipe works like a file. Lines that were chosen wait until the end,
 * because a later line may take their place.
 */
import type { DatasetSample } from '../../../core/contract/job.js';
import { Reservoir } from '../../../core/dataset/reservoir.js';
import type { ItemGroup } from '../item-group.js';
import { Spill } from './spill.js';

interface Chosen {
  /** The item's position in the whole dataset. */
  readonly index: number;
  readonly offset: number;
  readonly bytes: number;
  readonly weight?: number | undefined;
  readonly source?: number | undefined;
  readonly row?: number | undefined;
}

export async function* sampled(
  groups: AsyncIterable<ItemGroup>,
  { items, seed }: DatasetSample,
  signal: AbortSignal,
  spill = new Spill(),
): AsyncGenerator<ItemGroup> {
  const reservoir = new Reservoir(items, seed);
  const places: Chosen[] = [];
  let index = 0;
  try {
    for await (const group of groups) {
      signal.throwIfAborted();
      for (const item of group.ends.keys()) {
        const place = reservoir.next();
        if (place !== undefined) places[place] = choose(group, item, index, spill);
        index += 1;
      }
      if (spill.isFull) await spill.flush();
    }
    places.sort((a, b) => a.index - b.index);
    yield* groupsOf(places, spill, signal);
  } finally {
    await spill.close();
  }
}

function choose(group: ItemGroup, item: number, index: number, spill: Spill): Chosen {
  const start = item === 0 ? 0 : (group.ends[item - 1] ?? 0);
  const line = group.bytes.subarray(start, group.ends[item]);
  const { weights, place } = group;
  return {
    index,
    offset: spill.add(line),
    bytes: line.length,
    weight: weights?.[item],
    source: place?.source,
    row: place?.rows[item],
  };
}

const GROUP_BYTES = 256 * 1024;

async function* groupsOf(chosen: readonly Chosen[], spill: Spill, signal: AbortSignal): AsyncGenerator<ItemGroup> {
  for (let at = 0; at < chosen.length;) {
    signal.throwIfAborted();
    const group: Chosen[] = [];
    let bytes = 0;
    for (let one = chosen[at]; one !== undefined && bytes < GROUP_BYTES; one = chosen[at]) {
      if (one.source !== (group[0] ?? one).source) break;
      group.push(one);
      bytes += one.bytes;
      at += 1;
    }
    yield await groupOf(group, spill);
  }
}

async function groupOf(chosen: readonly Chosen[], spill: Spill): Promise<ItemGroup> {
  const lines: Buffer[] = [];
  for (const { offset, bytes } of chosen) lines.push(await spill.read(offset, bytes));
  let end = 0;
  const ends = lines.map((line) => (end += line.length));
  const source = chosen[0]?.source;
  const weights = chosen.flatMap(({ weight }) => weight ?? []);
  return {
    bytes: Buffer.concat(lines),
    ends,
    ...(weights.length === 0 ? {} : { weights }),
    ...(source === undefined ? {} : { place: { source, rows: chosen.map(({ row = 0 }) => row) } }),
  };
}

/**
 * Takes a sample that is spread over a dataset, in constant memory. A large dataset is not read to its end: a local file up to a size that a laptop reads in
 * seconds, an object in S3 up to a size that costs little to transfer, a prefix up to a number of listed objects. Of many files, the beginnings of some are read,
 * which are spread over all of them.
 */
import { decodeObjectReference } from '../../core/contract/input-line.js';
import type { ProbeItem } from '../../core/probe/probe.js';
import { SpreadSample } from '../../core/probe/spread-sample.js';
import type { Dataset, ReadHooks } from '../dataset/opened-dataset.js';
import type { FilesSample } from '../dataset/files/files-request.js';
import { type ItemGroup, itemOf } from '../dataset/item-group.js';
import type { SpreadRead } from '../dataset/sources/read-spread.js';

const MIB = 1024 * 1024;

/** The bounds by where the dataset is. */
export interface SampleBounds {
  /** The most bytes of JSON Lines to read. */
  readonly bytes: number;
  /** The most items to look at. */
  readonly items: number;
}

export const LOCAL_BOUNDS: SampleBounds = { bytes: 1024 * MIB, items: Infinity };
export const S3_BOUNDS: SampleBounds = { bytes: 64 * MIB, items: Infinity };
/** A listing has a thousand objects a request. */
export const PREFIX_BOUNDS: SampleBounds = { bytes: Infinity, items: 20_000 };

/** The sample's items are in memory. */
const MOST_SAMPLE_BYTES = 64 * MIB;
/** The sample's objects are fetched before the model gets them. */
const MOST_OBJECT_BYTES = 256 * MIB;

export interface Sample {
  readonly items: readonly ProbeItem[];
  /** How many items were looked at. */
  readonly seen: number;
  readonly seenBytes: number;
  /** The dataset has no more items than were looked at. */
  readonly isWhole: boolean;
  /** How many files were looked at, of how many, when the dataset has too many bytes to read all of them. */
  readonly files?: SpreadRead['files'];
  /** Reads the files of a folder that the items name. Absent when the items are lines, or objects in S3. */
  readonly streams?: FilesSample['streams'];
}

export async function sampleItems(
  dataset: Dataset,
  options: {
    readonly items: number;
    readonly bounds: SampleBounds;
    readonly signal: AbortSignal;
    readonly hooks?: ReadHooks;
  },
): Promise<Sample> {
  const { bounds, signal, hooks } = options;
  if (dataset.sampleFiles !== undefined) {
    const found = await dataset.sampleFiles({ items: options.items, bytes: MOST_OBJECT_BYTES }, signal);
    return { ...found, seenBytes: 0, isWhole: true };
  }
  const isObjects = dataset.kind === 'objects';
  const sample = new SpreadSample<ProbeItem>({
    items: options.items,
    bytes: isObjects ? MOST_OBJECT_BYTES : MOST_SAMPLE_BYTES,
  });
  let seen = 0;
  let seenBytes = 0;
  let isWhole = true;
  const spread = await dataset.readSpread?.(bounds.bytes, signal, hooks);
  for await (const group of spread?.groups ?? dataset.read(signal, hooks)) {
    signal.throwIfAborted();
    if (seen >= bounds.items || seenBytes >= bounds.bytes) {
      isWhole = false;
      break;
    }
    addGroup(sample, group, seen, isObjects);
    seen += group.ends.length;
    seenBytes += group.bytes.length;
  }
  if (spread === undefined) return { items: sample.take(), seen, seenBytes, isWhole };
  return { items: sample.take(), seen, seenBytes, isWhole: false, files: spread.files };
}

function addGroup(sample: SpreadSample<ProbeItem>, group: ItemGroup, first: number, isObjects: boolean): void {
  for (const offset of group.ends.keys()) {
    const index = first + offset;
    if (!sample.wants(index)) continue;
    const item = itemOf(group, offset, index);
    const bytes =
      isObjects && item.input.kind === 'item'
        ? (decodeObjectReference(item.input.json)?.size ?? 0)
        : lineBytes(group, offset);
    sample.add(index, bytes, item);
  }
}

const lineBytes = ({ ends }: ItemGroup, offset: number): number =>
  (ends[offset] ?? 0) - (offset === 0 ? 0 : (ends[offset - 1] ?? 0));

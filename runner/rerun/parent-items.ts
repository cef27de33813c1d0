/** The chosen items of a job as a dataset: their text and their kept lines are copied from the job's input, as a stream in bounded memory. */
import { decodeInputLine, decodeObjectReference } from '../../core/contract/input-line.js';
import type { Manifest } from '../../core/contract/job.js';
import type { ObjectStore } from '../../core/contract/object-store.js';
import { definedFields } from '../../core/defined-fields.js';
import type { Dataset } from '../dataset/opened-dataset.js';
import type { ItemGroup } from '../dataset/item-group.js';
import { InputMap } from '../results/joined/input-map.js';
import { inputColumn, keptColumn } from '../results/joined/join-rows.js';
import { LineCursor } from '../results/joined/line-cursor.js';
import type { IndexSet } from './index-set.js';

const GROUP_BYTES = 256 * 1024;
const ADVICE = 'Without it the items cannot be computed again: submit the dataset as a new job.';

export function parentItems({ job, dataset }: Manifest, items: IndexSet, store: ObjectStore): Dataset {
  const { name, kind, identity } = dataset;
  const copied = identity && definedFields({ idField: identity.idField, keep: identity.keep });
  return {
    name,
    kind,
    files: [],
    ...definedFields({ copied }),
    read: (signal) => copiedGroups({ job, kind, hasKept: identity !== undefined }, items, { store, signal }),
    check: async () => undefined,
  };
}

interface Parent extends Pick<Dataset, 'kind'> {
  readonly job: string;
  readonly hasKept: boolean;
}

async function* copiedGroups(
  { job, kind, hasKept }: Parent,
  items: IndexSet,
  { store, signal }: { readonly store: ObjectStore; readonly signal: AbortSignal },
): AsyncGenerator<ItemGroup> {
  const reading = { map: await InputMap.read(store, job, signal), store, signal };
  const input = new LineCursor({ ...inputColumn(job), advice: ADVICE }, reading);
  const keptLines = hasKept ? new LineCursor({ ...keptColumn(job), advice: ADVICE }, reading) : undefined;
  let group = new CopiedGroup(kind, hasKept);
  try {
    for (const index of items.indexes()) {
      signal.throwIfAborted();
      group.add(await lineOf(input, index), keptLines && (await lineOf(keptLines, index)));
      if (group.bytes < GROUP_BYTES) continue;
      yield group.take();
      group = new CopiedGroup(kind, hasKept);
    }
    if (group.bytes > 0) yield group.take();
  } finally {
    await input.close();
    await keptLines?.close();
  }
}

const lineOf = async (cursor: LineCursor, index: number): Promise<string> =>
  cursor.lineNow(index) ?? (await cursor.lineAt(index));

class CopiedGroup {
  readonly #kind: Dataset['kind'];
  readonly #hasKept: boolean;
  readonly #lines: Buffer[] = [];
  readonly #ends: number[] = [];
  readonly #weights: number[] = [];
  readonly #kept: string[] = [];
  bytes = 0;

  constructor(kind: Dataset['kind'], hasKept: boolean) {
    this.#kind = kind;
    this.#hasKept = hasKept;
  }

  add(text: string, kept: string | undefined): void {
    const line = Buffer.from(`${text}\n`);
    this.#lines.push(line);
    this.bytes += line.length;
    this.#ends.push(this.bytes);
    if (this.#kind === 'objects') this.#weights.push(sizeOf(text));
    if (kept !== undefined) this.#kept.push(kept);
  }

  take(): ItemGroup {
    return {
      bytes: Buffer.concat(this.#lines),
      ends: this.#ends,
      ...(this.#kind === 'objects' ? { weights: this.#weights } : {}),
      ...(this.#hasKept ? { kept: this.#kept } : {}),
    };
  }
}

/** A batch of objects is cut by the bytes that workers fetch. */
function sizeOf(line: string): number {
  const input = decodeInputLine(line);
  return input.kind === 'item' ? (decodeObjectReference(input.json)?.size ?? 0) : 0;
}

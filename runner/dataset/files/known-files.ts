/**
 * Tells which files the bucket has already. For a few files each is asked for (HEAD). For many files `files/` is listed instead: a page names 1,000 of
 * them, and costs as much as 12.5 HEADs. A bucket with far more files than the folder has is not listed to its end: then each file is asked for.
 *
 * https://aws.amazon.com/s3/pricing/: in us-east-1 1,000 LIST requests cost $0.005, and 1,000 HEAD requests cost $0.0004.
 */
import { fileKey, filesPrefix } from '../../../core/contract/keys.js';
import type { ObjectStore } from '../../../core/contract/object-store.js';
import { joinSignals } from '../../signals.js';

type Reads = Pick<ObjectStore, 'head' | 'list'>;

/** So many HEADs take a second, and cost less than a tenth of a cent. */
const FEW_FILES = 1_000;
/** A listed object costs 1/80 of a HEAD. In time a listing of this many objects a file is still faster than the HEADs, which run side by side. */
const MOST_LISTED_PER_FILE = 30;
/** Keys are digests, so each of these prefixes has the same share of them. They are listed side by side. */
const SHARES = [...'0123456789abcdef'];

export class KnownFiles {
  readonly #store: Reads;
  readonly #signal: AbortSignal;
  /** Undefined when each file is asked for. */
  readonly #listed: Promise<ReadonlyMap<string, Listing> | undefined>;

  /** `files` is how many will be asked for, at most. The listing begins at once. */
  constructor(store: Reads, files: number, signal: AbortSignal) {
    this.#store = store;
    this.#signal = signal;
    this.#listed = files <= FEW_FILES ? Promise.resolve(undefined) : list(store, files * MOST_LISTED_PER_FILE, signal);
    // The failure is thrown to whoever asks.
    this.#listed.catch(() => undefined);
  }

  /** The size of the object. Undefined when there is none. */
  async sizeOf(digest: string): Promise<number | undefined> {
    const listed = await this.#listed;
    if (listed !== undefined) return listed.get(digest.slice(0, 1))?.sizeOf(digest);
    return (await this.#store.head(fileKey(digest), { signal: this.#signal }))?.size;
  }

  /** Resolves when nothing is being listed any more. */
  async settled(): Promise<void> {
    await this.#listed.catch(() => undefined);
  }
}

async function list(store: Reads, most: number, given: AbortSignal): Promise<ReadonlyMap<string, Listing> | undefined> {
  const enough = new AbortController();
  const signal = joinSignals([given, enough.signal]);
  let count = 0;
  const one = async (share: string): Promise<readonly [string, Listing]> => {
    const listing = new Listing();
    for await (const { key, size } of store.list(`${filesPrefix}${share}`, { signal })) {
      listing.add(key.slice(filesPrefix.length), size);
      count += 1;
      if (count > most) enough.abort();
      signal.throwIfAborted();
    }
    return [share, listing];
  };
  const shares = await Promise.allSettled(SHARES.map(one));
  given.throwIfAborted();
  if (enough.signal.aborted) return undefined;
  return new Map(
    shares.map((share) => {
      if (share.status === 'rejected') throw share.reason;
      return share.value;
    }),
  );
}

const DIGEST_BYTES = 32;
const FIRST_ROWS = 1_024;

/** Digests in rising order, as S3 lists them, in 40 bytes each: a bucket may have millions. */
class Listing {
  #digests = Buffer.alloc(FIRST_ROWS * DIGEST_BYTES);
  #sizes = new Float64Array(FIRST_ROWS);
  #rows = 0;

  /** Keys that are no digests are not ours. */
  add(digest: string, size: number): void {
    if (!/^[0-9a-f]{64}$/.test(digest)) return;
    if (this.#rows === this.#sizes.length) this.#grow();
    this.#digests.write(digest, this.#rows * DIGEST_BYTES, 'hex');
    this.#sizes[this.#rows] = size;
    this.#rows += 1;
  }

  sizeOf(digest: string): number | undefined {
    const wanted = Buffer.from(digest, 'hex');
    let [low, high] = [0, this.#rows];
    while (low < high) {
      const middle = (low + high) >> 1;
      const order = wanted.compare(this.#digests, middle * DIGEST_BYTES, (middle + 1) * DIGEST_BYTES);
      if (order === 0) return this.#sizes[middle];
      if (order > 0) low = middle + 1;
      else high = middle;
    }
    return undefined;
  }

  #grow(): void {
    const digests = Buffer.alloc(this.#digests.length * 2);
    this.#digests.copy(digests);
    const sizes = new Float64Array(this.#sizes.length * 2);
    sizes.set(this.#sizes);
    [this.#digests, this.#sizes] = [digests, sizes];
  }
}

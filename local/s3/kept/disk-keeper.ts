/**
 * Writes each change of the buckets into the journal, and keeps account of which records are live.
 *
 * Invariant: `#live` has a place for each object and bucket that is kept, namely that of its newest durable record.
 */
import { SmallSource } from '../body.js';
import type { BodyStore } from '../body-store.js';
import type { Bucket, Buckets, StoredObject } from '../buckets.js';
import type { Effects, Keeper, ObjectPlace } from '../keeper.js';
import type { Journal } from './journal.js';
import { type EncodedRecord, encodeRecord, objectText, type RecordText } from './records.js';
import type { Segment } from './segment.js';

/** With less that is dead, cleaning is not worth its writes. */
const LEAST_DEAD_BYTES = 64 * 1024 * 1024;
/** Objects that are written again in one group. They are read into memory. */
const REWRITTEN_AT_ONCE = 64;

interface LiveRecord {
  readonly segment: Segment;
  readonly size: number;
}

export interface DiskKeeperOptions {
  readonly bodies: Pick<BodyStore, 'isHalfFull'>;
  readonly leastDeadBytes?: number | undefined;
}

export class DiskKeeper implements Keeper {
  readonly #options: DiskKeeperOptions;
  readonly #live = new Map<StoredObject | Bucket, LiveRecord>();
  #liveBytes = 0;
  #journal: Journal | undefined;
  #cleaning: Promise<void> | undefined;
  #isClosing = false;

  constructor(options: DiskKeeperOptions) {
    this.#options = options;
  }

  use(journal: Journal): void {
    this.#journal = journal;
  }

  foundObject(object: StoredObject, record: LiveRecord): void {
    this.#setLive(object, record);
  }

  foundBucket(bucket: Bucket, record: LiveRecord): void {
    this.#setLive(bucket, record);
  }

  put(
    at: ObjectPlace,
    { now, before }: { readonly now: StoredObject; readonly before: StoredObject | undefined },
    effects: Effects,
  ): void {
    const { text, bytes } = objectText(now);
    this.#append(encodeRecord({ op: 'put', ...at, object: text }, bytes), effects, (record, bytesAt) => {
      if (before !== undefined) this.#setDead(before);
      this.#setLive(now, record);
      this.#moveBytes(now, record.segment, bytesAt);
    });
  }

  remove(at: ObjectPlace, before: StoredObject, effects: Effects): void {
    this.#append(encodeRecord({ op: 'delete', ...at }), effects, () => this.#setDead(before));
  }

  describe(bucket: Bucket, effects: Effects): void {
    this.#append(encodeRecord(bucketText(bucket)), effects, (record) => this.#setLive(bucket, record));
  }

  forget(bucket: Bucket, effects: Effects): void {
    this.#append(encodeRecord({ op: 'no-bucket', bucket: bucket.name }), effects, () => this.#setDead(bucket));
  }

  settled(): Promise<void> | undefined {
    return this.#journal?.settled();
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    await this.#cleaning;
    await this.#journal?.close();
  }

  /** Writes what is live in the oldest files of the journal again, while more than half of it is dead. */
  cleanIfNeeded(buckets: Buckets): void {
    this.#cleaning ??= this.#isCleaningNeeded()
      ? this.#clean(buckets)
          .catch(() => undefined) // A full disk, for one. Requests report it, and the next change tries again.
          .finally(() => (this.#cleaning = undefined))
      : undefined;
  }

  #isCleaningNeeded(): boolean {
    const dead = (this.#journal?.bytes ?? 0) - this.#liveBytes;
    const least = Math.max(this.#liveBytes, this.#options.leastDeadBytes ?? LEAST_DEAD_BYTES);
    return !this.#isClosing && dead > least && this.#journal?.oldest !== undefined;
  }

  async #clean(buckets: Buckets): Promise<void> {
    while (this.#isCleaningNeeded()) {
      const oldest = this.#journal?.oldest;
      for (const bucket of buckets.inOrder()) {
        if (this.#live.get(bucket)?.segment === oldest) this.describe(bucket, NO_EFFECTS);
        await this.#rewriteObjects(bucket, oldest);
      }
      await this.settled();
      // A deletion that the disk refused meanwhile has brought an object back.
      const isEmpty = ![...this.#live.values()].some(({ segment }) => segment === oldest);
      if (isEmpty) await this.#journal?.removeOldest();
    }
  }

  async #rewriteObjects(bucket: Bucket, oldest: Segment | undefined): Promise<void> {
    const live = [...bucket.objects.entriesFrom(() => true)].filter(
      ([, object]) => this.#live.get(object)?.segment === oldest,
    );
    for (let first = 0; first < live.length; first += REWRITTEN_AT_ONCE) {
      for (const [key, object] of live.slice(first, first + REWRITTEN_AT_ONCE)) {
        // It may have been replaced meanwhile.
        if (bucket.objects.get(key) !== object) continue;
        this.put({ bucket: bucket.name, key }, { now: object, before: undefined }, NO_EFFECTS);
      }
      await this.settled();
    }
  }

  #append(record: EncodedRecord, effects: Effects, account: (live: LiveRecord, bytesAt: number) => void): void {
    if (this.#journal === undefined) throw new Error('Buckets were changed before their journal was open.');
    this.#journal.append({
      record,
      kept: (segment, at) => {
        account({ segment, size: record.size }, at + record.bytesAt);
        effects.kept();
      },
      undo: effects.undo,
    });
  }

  /** The journal has the object's small bytes now, so that its memory may be used for others. */
  #moveBytes({ body }: StoredObject, segment: Segment, bytesAt: number): void {
    let at = bytesAt;
    for (const { source, offset, size } of body.pieces) {
      if (!(source instanceof SmallSource)) continue;
      // A part of a source's bytes is no place for the whole source.
      if (offset === 0 && size === source.size) {
        source.moveTo(segment.place(at));
        if (this.#options.bodies.isHalfFull) source.leaveMemory();
      }
      at += size;
    }
  }

  #setLive(of: StoredObject | Bucket, record: LiveRecord): void {
    this.#setDead(of);
    this.#live.set(of, { segment: record.segment, size: record.size });
    this.#liveBytes += record.size;
  }

  #setDead(of: StoredObject | Bucket): void {
    this.#liveBytes -= this.#live.get(of)?.size ?? 0;
    this.#live.delete(of);
  }
}

const NO_EFFECTS: Effects = { kept: () => undefined, undo: () => undefined };

const bucketText = ({ name, location, createdAtMs, configuration }: Bucket): RecordText => ({
  op: 'bucket',
  bucket: name,
  location,
  createdAtMs,
  configuration: [...configuration],
});

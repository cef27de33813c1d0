/**
 * The journal of changes of buckets, in files that are only appended to.
 *
 * Invariants:
 * - Changes reach the disk in the order in which they were made, in groups: one write and one sync for all changes
 *   that came while the previous group was written.
 * - A change is durable before anyone is told of it: replies wait for `settled`, whatever they say.
 * - When the disk refuses a group, all changes of it and all later ones are taken back, newest first, and their
 *   requests fail. Then the memory is what the disk holds.
 * - Only the last group can be torn by a power loss, because each is written after the one before was synced.
 */
import { syncDirectory } from '../../sync-files.js';
import type { EncodedRecord } from './records.js';
import { Segment } from './segment.js';

/** Large enough for few files, and small enough that cleaning one is quick. */
const SEGMENT_BYTES = 64 * 1024 * 1024;

export interface Change {
  readonly record: EncodedRecord;
  /** It is called when the change is durable; `at` is where the record begins. */
  readonly kept: (segment: Segment, at: number) => void;
  readonly undo: () => void;
}

interface Group {
  readonly changes: Change[];
  readonly done: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export interface JournalOptions {
  readonly directory: string;
  /** The files in order. The last one is appended to. */
  readonly segments: readonly Segment[];
  /** It runs before a group is written: what its records name must be durable first. */
  readonly prepare: () => Promise<void>;
  /** It runs after a group has become durable. */
  readonly onWritten: () => void;
  readonly segmentBytes?: number;
}

export class Journal {
  readonly #options: JournalOptions;
  readonly #segments: Segment[];
  /** Changes that wait for the group that is being written. */
  #waiting: Group | undefined;
  #writing: Group | undefined;
  #running: Promise<void> | undefined;
  /** Something may lie behind the durable bytes of the last file. */
  #isTorn = false;

  constructor(options: JournalOptions) {
    this.#options = options;
    this.#segments = [...options.segments];
  }

  /** The bytes of all files. */
  get bytes(): number {
    return this.#segments.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Undefined when only the file that is appended to is left. */
  get oldest(): Segment | undefined {
    return this.#segments.length > 1 ? this.#segments[0] : undefined;
  }

  append(change: Change): void {
    this.#waiting ??= newGroup();
    this.#waiting.changes.push(change);
    this.#running ??= this.#run();
  }

  /** Resolves when all changes so far are durable, and rejects when they were taken back. Undefined when nothing is open. */
  settled(): Promise<void> | undefined {
    return (this.#waiting ?? this.#writing)?.done;
  }

  /** Its objects must have been written again, durably. */
  async removeOldest(): Promise<void> {
    if (this.#segments.length > 1) await this.#segments.shift()?.remove();
  }

  async close(): Promise<void> {
    await this.#running;
    await Promise.all(this.#segments.map((segment) => segment.close()));
  }

  async #run(): Promise<void> {
    // Changes of the same turn share a group.
    await Promise.resolve();
    for (;;) {
      const group = this.#waiting;
      if (group === undefined) break;
      this.#waiting = undefined;
      this.#writing = group;
      try {
        await this.#write(group);
        this.#writing = undefined;
        group.resolve();
        this.#options.onWritten();
      } catch (error) {
        this.#takeBack(group, error);
      }
    }
    this.#running = undefined;
  }

  async #write({ changes }: Group): Promise<void> {
    await this.#options.prepare();
    const segment = await this.#segmentToWrite();
    this.#isTorn = true;
    const start = segment.bytes;
    const size = await writeAll(segment, start, changes);
    await segment.handle.datasync();
    segment.bytes += size;
    this.#isTorn = false;
    let at = start;
    for (const { record, kept } of changes) {
      kept(segment, at);
      at += record.size;
    }
  }

  /** After a failure a new file is begun: nobody knows which of the last one's pages the system still holds. */
  async #segmentToWrite(): Promise<Segment> {
    const last = this.#segments.at(-1);
    if (last !== undefined && this.#isTorn) await last.cut();
    const isUsable = last !== undefined && (last.bytes === 0 || (!this.#isTorn && last.bytes < this.#limit));
    if (isUsable) return last;
    const { directory } = this.#options;
    const next = await Segment.create(directory, (last?.number ?? 0) + 1);
    this.#segments.push(next);
    await syncDirectory(directory);
    return next;
  }

  get #limit(): number {
    return this.#options.segmentBytes ?? SEGMENT_BYTES;
  }

  #takeBack(group: Group, error: unknown): void {
    const later = this.#waiting;
    this.#waiting = undefined;
    this.#writing = undefined;
    for (const { changes } of [group, ...(later === undefined ? [] : [later])].reverse()) {
      for (const { undo } of changes.toReversed()) undo();
    }
    group.reject(error);
    later?.reject(error);
  }
}

function newGroup(): Group {
  let resolve = (): void => undefined;
  let reject = (_error: unknown): void => undefined;
  const done = new Promise<void>((fulfil, refuse) => {
    resolve = fulfil;
    reject = refuse;
  });
  done.catch(() => undefined); // Nobody may be waiting for it.
  return { changes: [], done, resolve, reject };
}

/** A call takes at most so many buffers: the system's limit is 1,024. */
const BUFFERS_AT_ONCE = 1_000;

/** Returns the number of bytes written. */
async function writeAll(segment: Segment, start: number, changes: readonly Change[]): Promise<number> {
  const buffers = changes.flatMap(({ record }) => record.buffers).filter(({ length }) => length > 0);
  let at = start;
  for (let first = 0; first < buffers.length; first += BUFFERS_AT_ONCE) {
    const run = buffers.slice(first, first + BUFFERS_AT_ONCE);
    const size = run.reduce((sum, { length }) => sum + length, 0);
    const { bytesWritten } = await segment.handle.writev(run, at);
    // A full disk may take a part of a write without an error. The next write says why.
    if (bytesWritten < size) await writeRest(segment, at + bytesWritten, Buffer.concat(run).subarray(bytesWritten));
    at += size;
  }
  return at - start;
}

async function writeRest(segment: Segment, start: number, rest: Buffer): Promise<void> {
  for (let done = 0; done < rest.length;) {
    done += (await segment.handle.write(rest, done, rest.length - done, start + done)).bytesWritten;
  }
}

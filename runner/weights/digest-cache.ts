/**
 * Remembers the SHA-256 of files between commands, so that a second submit of 100 GB does not read them all again. An entry counts
 * while size, inode and both times of the file are the same. The time of the last change of the inode (`ctime`) cannot be set back by programs.
 */
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import type { BigIntStats } from 'node:fs';
import path from 'node:path';
import { count, decode, just, list, object, text } from '../../core/contract/shape.js';
import { makeStateDirectory } from '../local-cloud/paths.js';

export interface CacheBounds {
  /** Smaller files are not remembered. */
  readonly leastBytes: bigint;
  readonly mostEntries: number;
}

/** Weights are few large files: smaller ones are hashed faster than an entry is worth. */
const OF_WEIGHTS: CacheBounds = { leastBytes: 64n * 1024n * 1024n, mostEntries: 10_000 };
/** No cache has more entries. */
const MOST_ENTRIES = 1_000_000;
/** File systems keep times in ticks. A file may change again within the tick of its last change, unseen. */
const SETTLED_NS = 2_000_000_000n;

interface Entry {
  readonly file: string;
  readonly identity: string;
  readonly sha256: string;
  readonly usedAtMs: number;
}

const entries = object<{ readonly version: 1; readonly entries: readonly Entry[] }>({
  version: just(1),
  entries: list(
    object<Entry>({
      file: text(16_384),
      identity: text(256),
      sha256: text(64, /^[0-9a-f]{64}$/),
      usedAtMs: count,
    }),
    MOST_ENTRIES,
  ),
});

export const identityOf = ({ ino, size, mtimeNs, ctimeNs }: BigIntStats): string =>
  [ino, size, mtimeNs, ctimeNs].join(':');

export class DigestCache {
  readonly #file: string | undefined;
  readonly #bounds: CacheBounds;
  readonly #entries: Map<string, Entry>;
  #isNew = false;

  private constructor(file: string | undefined, bounds: CacheBounds, known: readonly Entry[]) {
    this.#file = file;
    this.#bounds = bounds;
    this.#entries = new Map(known.map((entry) => [entry.file, entry]));
  }

  /** A cache that is missing or damaged counts as empty. */
  static async read(file: string | undefined, bounds = OF_WEIGHTS): Promise<DigestCache> {
    const stored = file === undefined ? undefined : await readFile(file).catch(() => undefined);
    return new DigestCache(file, bounds, (stored && decode(entries, stored))?.entries ?? []);
  }

  /** True when a digest of the file is remembered, whether or not the file has changed since. */
  knows(file: string): boolean {
    return this.#entries.has(file);
  }

  digestOf(file: string, identity: string): string | undefined {
    const entry = this.#entries.get(file);
    return entry?.identity === identity ? entry.sha256 : undefined;
  }

  /** `stats` are from before the file was read. */
  remember(file: string, stats: BigIntStats, sha256: string): void {
    const nowNs = BigInt(Date.now()) * 1_000_000n;
    if (stats.size < this.#bounds.leastBytes || nowNs - stats.ctimeNs < SETTLED_NS) return;
    this.#entries.set(file, { file, identity: identityOf(stats), sha256, usedAtMs: Date.now() });
    this.#isNew = true;
  }

  /** A cache that cannot be written costs time at the next submit, and nothing else. */
  async save(): Promise<void> {
    if (this.#file === undefined || !this.#isNew) return;
    const newest = [...this.#entries.values()]
      .sort((a, b) => b.usedAtMs - a.usedAtMs)
      .slice(0, this.#bounds.mostEntries);
    const temporary = `${this.#file}.${process.pid}`;
    try {
      await makeStateDirectory(path.dirname(this.#file));
      await writeFile(temporary, JSON.stringify({ version: 1, entries: newest }), { mode: 0o600 });
      await rename(temporary, this.#file);
    } catch {
      await rm(temporary, { force: true }).catch(() => undefined);
    }
  }
}

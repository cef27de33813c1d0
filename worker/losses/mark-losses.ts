/**
 * Writes the loss marks of workers that died here, from their journals (R4). It runs after the end of a worker, and does nothing when no journal is left.
 *
 * Invariants:
 * - The journal of a process that lives is left alone.
 * - A journal goes away when all its marks are in the bucket. Otherwise the next end of a worker here tries again; the marks are the same objects.
 */
import { lstat, readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { encodeLossMark } from '../../core/contract/loss-mark.js';
import { lossKey } from '../../core/contract/keys.js';
import type { ObjectStore } from '../ports.js';
import { JOURNAL_NAME, MOST_BYTES } from './journal.js';
import { type LastItems, readJournal } from './journal-lines.js';

export interface MarkLossesOptions {
  /** The folder below which workers make their directories. */
  readonly directory: string;
  readonly store: Pick<ObjectStore, 'put'>;
  readonly nowMs: number;
  readonly isAlive: (pid: number) => boolean;
  readonly writeLine: (line: string) => void;
  readonly signal: AbortSignal;
}

export async function markLosses(options: MarkLossesOptions): Promise<void> {
  const { directory, isAlive } = options;
  for (const name of await readdir(directory)) {
    const file = path.join(directory, name, JOURNAL_NAME);
    const text = await readOwn(file).catch(() => undefined);
    if (text === undefined) continue;
    const { inSlots, process } = readJournal(text);
    if (process === undefined || isAlive(process)) continue;
    await Promise.all(inSlots.map((last) => markLoss(last, options)));
    await rm(file, { force: true });
  }
}

/** A model can write here, too. Nobody would end the read of a pipe, and a file that is much longer is no journal. */
async function readOwn(file: string): Promise<string | undefined> {
  const stat = await lstat(file);
  return stat.isFile() && stat.size <= 2 * MOST_BYTES ? readFile(file, 'utf8') : undefined;
}

export async function markLoss(
  last: LastItems,
  { store, nowMs, signal, writeLine }: Pick<MarkLossesOptions, 'store' | 'nowMs' | 'signal' | 'writeLine'>,
): Promise<void> {
  const { alone, batch, items, job, lease } = last;
  const mark = encodeLossMark({ at: new Date(nowMs).toISOString(), items, alone });
  await store.put(lossKey(job, batch, lease), mark, { signal, ifNoneMatch: true, contentType: 'application/json' });
  writeLine(`The worker died while batch ${batch} of job ${job} was in its slots: this loss is marked.`);
}

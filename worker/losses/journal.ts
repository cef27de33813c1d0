/**
 * The worker's journal on its own disk (R4): which items its slots have. When the worker dies, what outlives it makes loss marks from the journal
 * (last-words.ts).
 *
 * Invariants:
 * - The line is in the file before a process can get its items. It is written synchronously and not flushed to the disk: it has to outlive the process, not the
 *   machine.
 * - A batch stays in the journal with its last items until it is no longer held, because an item may end the worker after its answer.
 * - A worker that ends by itself, or is asked to, leaves no journal: nothing that happens afterwards is a loss.
 * - A disk that refuses a line is reported, and costs no work.
 */
import { closeSync, ftruncateSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';
import { encodeGone, encodeItems, encodeProcess, type InSlots } from './journal-lines.js';

export const JOURNAL_NAME = 'journal.jsonl';
/** A journal that grows beyond this is written anew from the batches that are held. */
export const MOST_BYTES = 1024 * 1024;

export interface SlotJournal {
  /** Notes the items that a slot is given now, besides those that it has. */
  inSlots(items: InSlots): void;
  /** The worker no longer holds the batch. */
  gone(lease: string): void;
  /** The worker ends: what happens from here on is no loss. */
  close(): void;
}

export class Journal implements SlotJournal {
  readonly #lines = new Map<string, string>();
  readonly #path: string;
  readonly #onTrouble: (error: unknown) => void;
  #file: number | undefined;
  #bytes = 0;
  #isClosed = false;

  constructor(directory: string, onTrouble: (error: unknown) => void) {
    this.#path = path.join(directory, JOURNAL_NAME);
    this.#onTrouble = onTrouble;
  }

  inSlots(items: InSlots): void {
    const line = encodeItems(items);
    this.#lines.set(items.lease, line);
    this.#write(line);
  }

  gone(lease: string): void {
    if (this.#lines.delete(lease)) this.#write(encodeGone(lease));
  }

  close(): void {
    this.#isClosed = true;
    this.#try(() => {
      if (this.#file !== undefined) closeSync(this.#file);
      this.#file = undefined;
      rmSync(this.#path, { force: true });
    });
  }

  #write(line: string): void {
    if (this.#isClosed) return;
    this.#try(() => {
      if (this.#file === undefined || this.#bytes > MOST_BYTES) this.#writeAnew();
      else this.#bytes += writeSync(this.#file, line);
    });
  }

  /** The rename replaces the file as a whole, so that a worker that dies here leaves a complete journal. */
  #writeAnew(): void {
    mkdirSync(path.dirname(this.#path), { recursive: true });
    const next = `${this.#path}.next`;
    const file = openSync(next, 'a');
    ftruncateSync(file);
    this.#bytes = writeSync(file, [encodeProcess(process.pid), ...this.#lines.values()].join(''));
    renameSync(next, this.#path);
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = file;
  }

  #try(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#onTrouble(error);
    }
  }
}

/** Ids of messages: a number within the local cloud (small, in the order of sending), a UUID to its clients. */
import { randomBytes } from 'node:crypto';

/** UUIDs end in twelve hexadecimal digits. */
const DIGITS = 12;

export class MessageIds {
  /** Alike for all messages of one local cloud, and of no other. */
  readonly #prefix = randomBytes(9)
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{3})(.{3})$/, '$1-$2-4$3-a$4-');
  #last = 0;

  next(): number {
    this.#last += 1;
    return this.#last;
  }

  text(id: number): string {
    return this.#prefix + id.toString(16).padStart(DIGITS, '0');
  }
}

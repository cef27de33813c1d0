/** Ids of messages. Within the local cloud an id is a small number in the order of sending; clients see a UUID. */
import { randomBytes } from 'node:crypto';

/** A UUID ends in twelve hexadecimal digits. */
const DIGITS = 12;

export class MessageIds {
  /** The prefix is the same for all messages of one local cloud, and differs between clouds. */
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

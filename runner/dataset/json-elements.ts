/**
 * Finds the elements of a JSON array in a stream of bytes.
 *
 * Invariants:
 * - The same input gives the same elements, however it is cut into chunks.
 * - An element is the text between two commas of the array, without the white space around it.
 * - Brackets in strings do not count, and brackets of the two kinds must match.
 */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** Deeper values are beyond what readers of JSON accept. */
const MOST_DEPTH = 100_000;

const isSpace = (byte: number): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

export class ElementScanner {
  /** The position in the document: before its bracket, before an element, within one, or behind the last bracket. */
  #position: 'start' | 'before' | 'within' | 'end' = 'start';
  #inString = false;
  #escaped = false;
  /** The brackets that are open within the element. */
  readonly #open: number[] = [];
  /** The number of the element that is being read, from 1. */
  #number = 1;
  /** The pieces of the element that earlier chunks had. */
  #begun: Buffer[] = [];
  #begunBytes = 0;
  #tooLong = false;

  readonly #maxBytes: number;
  readonly #onElement: (element: Buffer | undefined, number: number) => void;

  /** `onElement` gets undefined for an element that is too long. */
  constructor(maxBytes: number, onElement: (element: Buffer | undefined, number: number) => void) {
    this.#maxBytes = maxBytes;
    this.#onElement = onElement;
  }

  /** Returns what is wrong with the array, if anything is. Then push no more. */
  push(chunk: Buffer): string | undefined {
    let start = 0;
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i] ?? 0;
      if (this.#inString) {
        if (this.#escaped) this.#escaped = false;
        else if (byte === BACKSLASH) this.#escaped = true;
        else if (byte === QUOTE) this.#inString = false;
        continue;
      }
      if (this.#position !== 'within') {
        if (isSpace(byte)) continue;
        const next = this.#leaveSpace(byte);
        if (next === 'stays') continue;
        if (next !== 'begins') return next.fault;
        start = i;
      }
      if (byte === QUOTE) this.#inString = true;
      else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) {
        if (this.#open.push(byte) > MOST_DEPTH) return `element ${this.#number} is nested too deeply`;
      } else if (byte === CLOSE_OBJECT || (byte === CLOSE_ARRAY && this.#open.length > 0)) {
        const wanted = byte === CLOSE_OBJECT ? OPEN_OBJECT : OPEN_ARRAY;
        if (this.#open.pop() !== wanted) return `the brackets of element ${this.#number} do not match`;
      } else if ((byte === COMMA && this.#open.length === 0) || byte === CLOSE_ARRAY) {
        this.#finish(chunk.subarray(start, i));
        this.#position = byte === COMMA ? 'before' : 'end';
      }
    }
    if (this.#position === 'within') this.#keep(chunk.subarray(start));
    return undefined;
  }

  /** Returns what is wrong when the input ends here. */
  end(): string | undefined {
    if (this.#position === 'end') return undefined;
    if (this.#position === 'start') return 'it has no array';
    return `it ends within the array, at element ${this.#number}`;
  }

  /** Takes a byte that is no white space and not within an element. */
  #leaveSpace(byte: number): 'begins' | 'stays' | { readonly fault: string } {
    switch (this.#position) {
      case 'start':
        if (byte !== OPEN_ARRAY) return { fault: 'it does not begin with a bracket' };
        this.#position = 'before';
        return 'stays';
      case 'end':
        return { fault: 'there is more text behind the end of the array' };
      case 'before':
      case 'within':
        if (byte === CLOSE_ARRAY && this.#number === 1) {
          this.#position = 'end';
          return 'stays';
        }
        if (byte === CLOSE_ARRAY || byte === COMMA) return { fault: `element ${this.#number} is empty` };
        this.#position = 'within';
        return 'begins';
    }
  }

  #keep(bytes: Buffer): void {
    this.#begunBytes += bytes.length;
    if (this.#begunBytes > this.#maxBytes + MOST_SPACE_BYTES) this.#tooLong = true;
    if (this.#tooLong) this.#begun = [];
    else if (bytes.length > 0) this.#begun.push(bytes);
  }

  #finish(last: Buffer): void {
    this.#keep(last);
    const bytes = this.#begun.length === 1 ? (this.#begun[0] ?? last) : Buffer.concat(this.#begun);
    let end = bytes.length;
    while (end > 0 && isSpace(bytes[end - 1] ?? 0)) end -= 1;
    const element = this.#tooLong || end > this.#maxBytes ? undefined : bytes.subarray(0, end);
    this.#begun = [];
    this.#begunBytes = 0;
    this.#tooLong = false;
    this.#onElement(element, this.#number);
    this.#number += 1;
  }
}

/** White space behind an element does not count as a part of it, but it is kept until the element has ended. */
const MOST_SPACE_BYTES = 64 * 1024;

/**
 * Splits a stream of bytes into blocks of whole lines, in bounded memory.
 *
 * Invariants:
 * - A block ends with a newline.
 * - The blocks and the lines that were too long together are the input after its byte order mark.
 * - The same input gives the same lines, however it is cut into chunks.
 */

export type LineBlock =
  | { readonly kind: 'lines'; readonly bytes: Buffer; readonly firstLine: number }
  /** A line above the limit. Its bytes are not kept. */
  | { readonly kind: 'too-long'; readonly line: number };

/** The longest line of the model's protocol. A longer line could not be given to a model. */
export const MAX_LINE_BYTES = 16 * 1024 * 1024;

export const NEWLINE = 0x0a;
const NEWLINE_BYTES = Buffer.from('\n');
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

export async function* lineBlocks(
  chunks: AsyncIterable<Uint8Array>,
  maxLineBytes = MAX_LINE_BYTES,
): AsyncGenerator<LineBlock> {
  let line = 1;
  let begun: Buffer[] = []; // the beginning of a line that has no newline yet
  let begunBytes = 0;
  let skipping = false; // the line is too long, so its rest is dropped

  for await (const chunk of withoutByteOrderMark(chunks)) {
    let start = 0;
    if (skipping) {
      start = chunk.indexOf(NEWLINE) + 1;
      if (start === 0) continue;
      skipping = false;
      yield { kind: 'too-long', line };
      line += 1;
    }
    const end = chunk.lastIndexOf(NEWLINE) + 1;
    if (end > start && begunBytes > 0) {
      // Only the line that spans two chunks is copied, not the whole chunk.
      const first = chunk.indexOf(NEWLINE, start) + 1;
      yield { kind: 'lines', bytes: Buffer.concat([...begun, chunk.subarray(start, first)]), firstLine: line };
      begun = [];
      begunBytes = 0;
      line += 1;
      start = first;
    }
    if (end > start) {
      const bytes = chunk.subarray(start, end);
      yield { kind: 'lines', bytes, firstLine: line };
      line += countLines(bytes);
      start = end;
    }
    if (start < chunk.length) {
      begun.push(chunk.subarray(start));
      begunBytes += chunk.length - start;
    }
    // One byte more may be a carriage return. Beyond that the line is too long whatever follows, so the result does not depend on the chunks.
    if (begunBytes > maxLineBytes + 1) {
      begun = [];
      begunBytes = 0;
      skipping = true;
    }
  }
  if (skipping) yield { kind: 'too-long', line };
  if (begunBytes > 0) yield { kind: 'lines', bytes: Buffer.concat([...begun, NEWLINE_BYTES]), firstLine: line };
}

function countLines(bytes: Buffer): number {
  let lines = 0;
  for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, at + 1)) lines += 1;
  return lines;
}

/** Calls `visit` with `[start, end)` of each line, without newline and carriage return. */
export function forEachLine(
  block: { readonly bytes: Buffer; readonly firstLine: number },
  visit: (start: number, end: number, line: number) => void,
): void {
  const { bytes } = block;
  let line = block.firstLine;
  let start = 0;
  for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, start)) {
    visit(start, at > start && bytes[at - 1] === 0x0d ? at - 1 : at, line);
    line += 1;
    start = at + 1;
  }
}

/** Removes UTF-8's byte order mark from the beginning of the stream. */
export async function* withoutByteOrderMark(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let head: Buffer | undefined = Buffer.alloc(0);
  for await (const chunk of chunks) {
    const buffer = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    if (head === undefined) {
      yield buffer;
      continue;
    }
    head = Buffer.concat([head, buffer]);
    if (head.length < BYTE_ORDER_MARK.length) continue;
    yield startsWithMark(head) ? head.subarray(BYTE_ORDER_MARK.length) : head;
    head = undefined;
  }
  if (head !== undefined && head.length > 0) yield head;
}

export const startsWithMark = (bytes: Buffer): boolean =>
  bytes.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK);

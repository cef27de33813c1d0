/**
 * Turns the lines of checked outcomes into rows, in dataset order. The text of an output is not changed (R14).
 *
 * Invariants:
 * - A batch of rows is bounded in rows and in characters. One row alone may exceed the characters.
 * - Equal outcomes give equal batches of rows, however their bytes arrive. So the parts of an output are cut at the same rows every time.
 */
import type { ResultRow } from '../../core/contract/result-row.js';
import { decodeResultLine } from '../../core/contract/result-line.js';
import type { CheckedBatch } from './checked-outcomes.js';

/** Larger batches save no time. */
const ROWS_AT_ONCE = 1_000;
/** A few batches are in memory at once, in several stages. */
const CHARACTERS_AT_ONCE = 1024 * 1024;

const NEWLINE = 0x0a;

export async function* rowsOf({
  bytes,
  planned,
}: Pick<CheckedBatch, 'bytes' | 'planned'>): AsyncGenerator<readonly ResultRow[]> {
  let index = planned.firstIndex;
  let rows: ResultRow[] = [];
  let characters = 0;
  for await (const text of wholeLines(bytes())) {
    let start = 0;
    while (start < text.length) {
      const end = text.indexOf('\n', start);
      rows.push(rowOf(text, start, end, index));
      index += 1;
      characters += end - start;
      start = end + 1;
      if (rows.length < ROWS_AT_ONCE && characters < CHARACTERS_AT_ONCE) continue;
      yield rows;
      rows = [];
      characters = 0;
    }
  }
  if (rows.length > 0) yield rows;
}

const INDEX_HEAD = '{"index":';
const OK_HEAD = ',"ok":true,"output":';

/** The check has accepted the line, so its head has one exact form. */
function rowOf(text: string, start: number, end: number, index: number): ResultRow {
  const digits = String(index);
  const behindIndex = start + INDEX_HEAD.length + digits.length;
  const hasIndex = text.startsWith(digits, start + INDEX_HEAD.length);
  if (hasIndex && text.startsWith(OK_HEAD, behindIndex))
    return { index, ok: true, outputJson: text.slice(behindIndex + OK_HEAD.length, end - 1) };
  const read = decodeResultLine(text.slice(start, end));
  if (read?.ok !== false || read.index !== index) throw new Error(`Line ${index} of the outcomes is no result line.`);
  return { index, ok: false, error: read.error };
}

/** Yields texts that end in a newline. A checked outcome ends in one, too. */
async function* wholeLines(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  let pieces: Uint8Array[] = [];
  for await (const chunk of chunks) {
    const end = chunk.lastIndexOf(NEWLINE) + 1;
    if (end === 0) {
      pieces.push(chunk);
      continue;
    }
    const whole = chunk.subarray(0, end);
    yield decoder.decode(pieces.length === 0 ? whole : Buffer.concat([...pieces, whole]));
    pieces = end === chunk.length ? [] : [chunk.subarray(end)];
  }
}

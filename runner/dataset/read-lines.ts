/** Reads JSON Lines and plain text. A JSON line is checked and kept unchanged; a text line is encoded as a JSON string. */
import { isAscii, isUtf8 } from 'node:buffer';
import { type BigIntegers, BigIntegerScan, bigIntegerNotice, mayHoldBig } from './big-integers.js';
import { isBlank } from './blank.js';
import { type BadLineRule, type ItemGroup, ItemGroupBuilder } from './item-group.js';
import { forEachLine, type LineBlock, lineBlocks, MAX_LINE_BYTES } from './line-blocks.js';
import { notJson } from './not-json.js';
import type { Notify } from './notice.js';

export interface ReaderOptions extends BadLineRule {
  readonly maxLineBytes?: number;
  readonly notify?: Notify;
}

export interface JsonOptions extends ReaderOptions {
  readonly bigIntegers?: BigIntegers;
  /** True when the model is JavaScript. Then a warning reports integers that the model would get rounded. */
  readonly forJavaScript?: boolean;
  /** It counts the integers of several files together, and whoever made it gives the notice. */
  readonly integers?: BigIntegerScan;
}

export const NOT_UTF8 = 'is not valid UTF-8; convert the file (iconv -f windows-1252 -t utf-8 if it comes from Excel)';
export const tooLong = (maxBytes: number): string => `is longer than ${maxBytes} bytes`;

export async function* readJsonLines(
  chunks: AsyncIterable<Uint8Array>,
  options: JsonOptions,
): AsyncGenerator<ItemGroup> {
  const { bigIntegers = 'keep', notify, integers, name } = options;
  const isScanned = bigIntegers === 'string' || options.forJavaScript === true;
  const scan = isScanned ? (integers ?? new BigIntegerScan()) : undefined;
  yield* readLines(chunks, options, (text, builder, source, line) => {
    const reason = notJson(text);
    if (reason !== undefined) {
      builder.addBad(line, reason);
      return;
    }
    const { bytes, start, end } = source;
    const mayBeBig = scan !== undefined && mayHoldBig(bytes, start, end);
    let kept = mayBeBig ? scan.scan(text, line, bigIntegers === 'string', name) : text;
    // A carriage return is white space in JSON, but a model that reads in text mode may take it for a line end.
    if (kept.includes('\r')) kept = kept.replaceAll('\r', ' ');
    if (kept === text) builder.addBytes(bytes, start, end);
    else builder.addText(kept);
  });
  const notice = scan && integers === undefined ? bigIntegerNotice(name, scan, bigIntegers) : undefined;
  if (notice !== undefined) notify?.(notice);
}

export const readTextLines = (chunks: AsyncIterable<Uint8Array>, options: ReaderOptions): AsyncGenerator<ItemGroup> =>
  readLines(chunks, options, (text, builder) => builder.addText(JSON.stringify(text)));

interface LineSource {
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}

type AddLine = (text: string, builder: ItemGroupBuilder, source: LineSource, line: number) => void;

async function* readLines(
  chunks: AsyncIterable<Uint8Array>,
  options: ReaderOptions,
  add: AddLine,
): AsyncGenerator<ItemGroup> {
  const maxLineBytes = options.maxLineBytes ?? MAX_LINE_BYTES;
  const builder = new ItemGroupBuilder(options);
  for await (const block of lineBlocks(chunks, maxLineBytes)) {
    addBlock(block, builder, maxLineBytes, add);
    if (builder.done) break;
    if (!builder.full) continue;
    const group = builder.take();
    if (group !== undefined) yield group;
  }
  const last = builder.take();
  if (last !== undefined) yield last;
}

function addBlock(block: LineBlock, builder: ItemGroupBuilder, maxLineBytes: number, add: AddLine): void {
  if (builder.done) return;
  if (block.kind === 'too-long') {
    builder.addBad(block.line, tooLong(maxLineBytes));
    return;
  }
  const { bytes } = block;
  const ascii = isAscii(bytes);
  const allUtf8 = ascii || isUtf8(bytes);
  forEachLine(block, (start, end, line) => {
    if (builder.done || isBlank(bytes, start, end)) return;
    if (end - start > maxLineBytes) builder.addBad(line, tooLong(maxLineBytes));
    else if (!allUtf8 && !isUtf8(bytes.subarray(start, end))) builder.addBad(line, NOT_UTF8);
    else add(bytes.toString(ascii ? 'latin1' : 'utf8', start, end), builder, { bytes, start, end }, line);
  });
}

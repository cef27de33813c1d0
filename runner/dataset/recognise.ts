/**
 * Recognises a dataset's format. Its first bytes decide, and its name only helps. Unsupported formats are refused with a remedy.
 */
import { isUtf8 } from 'node:buffer';
import {
  documentReason,
  FORMAT_NAMES,
  type FormatByName,
  formatByName,
  type Compression,
  formatChoices,
  type ItemFormat,
  namedCompression,
  unreadReason,
} from '../../core/dataset/dataset-format.js';
import { fileKind } from '../../core/dataset/file-kind.js';
import { UserError } from '../errors.js';
import type { Head } from './byte-source.js';
import { COMMA, type Delimiter, delimiterOf, dialectOf, type Reading, TAB } from './csv-dialect.js';
import { FirstLines } from './first-lines.js';
import { NEWLINE, startsWithMark } from './line-blocks.js';
import { isZstd } from './unzstd.js';

/** The format options that the user gave. */
export interface FormatHints {
  /** The dataset's argument, for messages. */
  readonly name: string;
  readonly format?: ItemFormat;
  readonly delimiter?: string;
}

export interface Recognised {
  /** A TSV file is read as CSV with another delimiter. Parquet is read by ranges of bytes. */
  readonly format: Exclude<ItemFormat, 'tsv' | 'parquet'>;
  readonly delimiter: Delimiter;
  /** True when lines end in carriage returns only, as on old Macs. */
  readonly carriageReturns: boolean;
  /** Sentences for the user, such as when the content is not what the name says. */
  readonly notices: readonly string[];
}

/** This many bytes hold some hundred lines of an ordinary file. */
export const HEAD_BYTES = 64 * 1024;

/** True when the head may be a JSON array on one line. Only its end shows whether there is another line, so more must be read. */
export const mayBeLongArray = ({ bytes, whole }: Head): boolean =>
  !whole && !bytes.includes(NEWLINE) && /^(\xef\xbb\xbf)?\s*\[/.test(bytes.toString('latin1', 0, 200));

const GZIP_MAGIC = Buffer.from([0x1f, 0x8b]);

export const compressionOf = (head: Buffer): Compression | undefined =>
  head.subarray(0, GZIP_MAGIC.length).equals(GZIP_MAGIC) ? 'gzip' : isZstd(head) ? 'zstd' : undefined;

/** `packed` is the compression that the bytes were unpacked from. */
export function recognise(head: Head, packed: Compression | undefined, hints: FormatHints): Recognised {
  refuseUnread(head, packed, hints);
  const { name } = hints;
  const mark = startsWithMark(head.bytes) ? 3 : 0;
  const text = head.bytes.subarray(mark);
  // All bytes are valid Latin-1, and the searched characters are ASCII. So lines in a wrong encoding are still recognised.
  const sample = new FirstLines(text.toString('latin1'), head.whole);
  const notices: string[] = [];
  const named = namedCompression(name);
  if (packed !== undefined && packed !== named)
    notices.push(`The dataset ${name} is compressed with ${packed}. It is unpacked while it is read.`);
  if (packed === undefined && named !== undefined)
    notices.push(`The dataset ${name} is not compressed, although its name says so. It is read as it is.`);
  const format = hints.format ?? formatOf(sample, hints, notices);
  if (format === 'parquet')
    throw new UserError(
      `The dataset ${name} is not Parquet, although ${hints.format === undefined ? 'its name' : '--format'} says so.`,
    );
  const carriageReturns = sample.carriageReturns;
  if (carriageReturns) notices.push(`The dataset ${name} is read with carriage returns as line ends.`);
  if (format !== 'csv' && format !== 'tsv') {
    if (hints.delimiter !== undefined) {
      throw new UserError(
        `--delimiter does not apply to the dataset ${name}, which is read as ${FORMAT_NAMES[format]}. Omit it, or add --format csv.`,
      );
    }
    return { format, delimiter: COMMA, carriageReturns, notices };
  }
  return { format: 'csv', delimiter: delimiterFor(format, text, head.whole, hints, notices), carriageReturns, notices };
}

function refuseUnread({ bytes }: Head, packed: Compression | undefined, { name, format }: FormatHints): void {
  if (packed !== undefined && compressionOf(bytes) !== undefined) {
    throw new UserError(
      `The dataset ${name} is compressed twice. Unpack it once (${packed} -dc ${name} > ONCE) and give that.`,
    );
  }
  const kind = fileKind(bytes, isUtf8(withoutCutCharacter(bytes)));
  // With --format even a binary file is read as text. Its unreadable lines become failed items.
  if (kind === 'parquet') {
    throw new UserError(
      `The dataset ${name} is Parquet within ${packed ?? 'a stream'}. Parquet is read from its end, so it must be a plain file: unpack or save it first. Its columns are compressed already.`,
    );
  }
  if (kind !== undefined && kind !== 'gzip' && kind !== 'zstd' && !(kind === 'binary' && format !== undefined)) {
    const what = packed === undefined ? '' : `is compressed with ${packed}, and its content `;
    throw new UserError(`The dataset ${name} ${what}${unreadReason(kind, name)}.`);
  }
  const start = bytes.subarray(0, 200).toString('latin1');
  if (format !== undefined) return;
  if (start.startsWith('version https://git-lfs.github.com/spec/')) {
    throw new UserError(
      `The dataset ${name} is only a Git LFS pointer, not the file itself. Download the file: git lfs pull`,
    );
  }
  if (/^(\xef\xbb\xbf)?\s*(<!doctype html|<html)/i.test(start) && !/\.txt(\.gz|\.zst)?$/i.test(name)) {
    throw new UserError(
      `The dataset ${name} is a web page (HTML). Perhaps an error page or a sign-in page was saved instead of the file. Download it again.`,
    );
  }
}

/** Removes an incomplete character from the end. A UTF-8 character has up to four bytes, and the head may end within one. */
function withoutCutCharacter(bytes: Buffer): Buffer {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte >= 0xc0) return bytes.subarray(0, bytes.length - back);
    if (byte < 0x80) break;
  }
  return bytes;
}

/** Reads the format from a name. Throws when the name is of an unsupported format. */
export function readByName(name: string): Exclude<FormatByName, { readonly kind: 'unsupported' }> {
  const byName = formatByName(name);
  if (byName.kind === 'unsupported') {
    throw new UserError(
      `The dataset ${name} ${byName.reason}. If only the name is wrong, state the format with --format (${formatChoices()}).`,
    );
  }
  return byName;
}

/** Finds the format when `--format` is not given. */
function formatOf(sample: FirstLines, { name, delimiter }: FormatHints, notices: string[]): ItemFormat {
  const byName = readByName(name);
  if (byName.kind === 'format') {
    refuseOther(byName.format, sample, name);
    return byName.format;
  }
  if (delimiter !== undefined) return 'csv';
  const few = byName.kind === 'json' ? 2 : 1; // one line in a .json file is one document
  if (sample.objects >= few && sample.objects >= sample.lines.length * NEARLY_ALL) {
    notices.push(
      `The dataset ${name} is read as JSON Lines, because its lines are JSON objects. To read it as plain text: --format text.`,
    );
    return 'jsonl';
  }
  if (byName.kind === 'json' ? sample.isArray && !sample.isLinesOfJson : sample.isArray && sample.isDocument) {
    if (byName.kind !== 'json') notices.push(`The dataset ${name} is read as a JSON array.`);
    return 'json';
  }
  // Programs that write many files leave empty ones among them.
  if (byName.kind === 'json' && (sample.isLinesOfJson || sample.isBlank)) return 'jsonl';
  if (byName.kind === 'json' || sample.isDocument) throw new UserError(`The dataset ${name} ${documentReason(name)}.`);
  if (sample.lines.length > 0) {
    notices.push(
      `The dataset ${name} is read as plain text with one item per line, because neither its name nor its lines show another format. To read it otherwise: --format ${formatChoices('text')}.`,
    );
  }
  return 'text';
}

const NEARLY_ALL = 0.9;

/** Refuses a file whose content contradicts its name. */
function refuseOther(format: ItemFormat, sample: FirstLines, name: string): void {
  if (format === 'jsonl') {
    if (sample.isDocument && sample.isArray) {
      throw new UserError(
        `The dataset ${name} has the name of JSON Lines, but it is one JSON array. To read each element as an item: --format json. If each line is an item: --format jsonl.`,
      );
    }
    if (sample.isDocument) throw new UserError(`The dataset ${name} ${documentReason(name)}.`);
    if (sample.lines.length > 0 && sample.jsonLines === 0) {
      const lines = sample.lines.length === 1 ? 'its line is not' : `none of its first ${sample.lines.length} lines is`;
      throw new UserError(
        `The dataset ${name} has the name of JSON Lines, but ${lines} JSON. State the format with --format ${formatChoices('jsonl')}. To read it as JSON Lines anyway: --format jsonl.`,
      );
    }
  }
  if (
    (format === 'csv' || format === 'tsv') &&
    sample.objects > 1 &&
    sample.objects >= sample.lines.length * NEARLY_ALL
  ) {
    throw new UserError(
      `The dataset ${name} has the name of ${FORMAT_NAMES[format]}, but its lines are JSON objects. To read it as JSON Lines: --format jsonl.`,
    );
  }
}

function delimiterFor(
  format: 'csv' | 'tsv',
  text: Buffer,
  whole: boolean,
  hints: FormatHints,
  notices: string[],
): Delimiter {
  if (hints.delimiter !== undefined) return delimiterOf(hints.delimiter);
  const usual = format === 'tsv' ? TAB : COMMA;
  const dialect = dialectOf(text, whole, usual);
  if (dialect.kind === 'ambiguous') throw ambiguous(hints.name, dialect.readings);
  const { delimiter, columns, stated } = dialect;
  if (delimiter.character !== usual.character) {
    const why = stated ? 'its first line says' : 'its first lines show';
    notices.push(
      `The dataset ${hints.name} is read with ${delimiter.name} between its columns, as ${why} (${columns} ${columns === 1 ? 'column' : 'columns'}). To use another delimiter: --delimiter.`,
    );
  }
  return delimiter;
}

function ambiguous(name: string, readings: readonly Reading[]): UserError {
  const ways = readings.map(({ delimiter, columns }) => `${delimiter.name} (${columns} columns in its header)`);
  const options = readings.map(
    ({ delimiter }) => `--delimiter ${delimiter.character === '\t' ? 'tab' : `'${delimiter.character}'`}`,
  );
  return new UserError(
    `Cannot find the delimiter of the dataset ${name}: it may be ${ways.join(' or ')}. State it: ${options.join(' or ')}${
      options.length === 1 ? ", or --delimiter ',' for a single column" : ''
    }.`,
  );
}

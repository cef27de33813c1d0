/**
 * The first bytes of a dataset decide what it is, and its name only helps. Formats that are not read are refused here, with what to do about it.
 */
import { isUtf8 } from 'node:buffer';
import {
  documentReason,
  type FormatByName,
  formatByName,
  type ItemFormat,
  namedGzip,
  unreadReason,
} from '../../core/dataset/dataset-format.js';
import { fileKind } from '../../core/dataset/file-kind.js';
import { UserError } from '../errors.js';
import type { Head } from './byte-source.js';
import { COMMA, type Delimiter, delimiterOf, dialectOf, type Reading, TAB } from './csv-dialect.js';
import { FirstLines } from './first-lines.js';
import { NEWLINE, startsWithMark } from './line-blocks.js';

/** The user's own word about the file. */
export interface FormatHints {
  /** For messages: as it was given. */
  readonly name: string;
  readonly format?: ItemFormat;
  readonly delimiter?: string;
}

export interface Recognised {
  readonly format: 'jsonl' | 'csv' | 'text';
  readonly delimiter: Delimiter;
  /** Its lines end in carriage returns alone, as on old Macs. */
  readonly carriageReturns: boolean;
  /** In sentences, when it is something else than its name says. */
  readonly notices: readonly string[];
}

/** Enough to see some hundred lines of any ordinary file. */
export const HEAD_BYTES = 64 * 1024;

/** A JSON array on one line is known by there being no other line: so it is read to its end, or as far as a line may go. */
export const mayBeLongArray = ({ bytes, whole }: Head): boolean =>
  !whole && !bytes.includes(NEWLINE) && /^(\xef\xbb\xbf)?\s*\[/.test(bytes.toString('latin1', 0, 200));

const GZIP_MAGIC = Buffer.from([0x1f, 0x8b]);
export const isGzip = (head: Buffer): boolean => head.subarray(0, GZIP_MAGIC.length).equals(GZIP_MAGIC);

export function recognise(head: Head, gzip: boolean, hints: FormatHints): Recognised {
  refuseUnread(head, gzip, hints);
  const { name } = hints;
  const mark = startsWithMark(head.bytes) ? 3 : 0;
  const text = head.bytes.subarray(mark);
  // Any bytes are Latin-1, and what is looked for is ASCII: lines in a wrong encoding are still seen for what they are.
  const sample = new FirstLines(text.toString('latin1'), head.whole);
  const notices: string[] = [];
  if (gzip && !namedGzip(name))
    notices.push(`The dataset ${name} is compressed with gzip, and is unpacked while it is read.`);
  if (!gzip && namedGzip(name))
    notices.push(`The dataset ${name} is not compressed, whatever its name says, and is read as it is.`);
  const format = hints.format ?? formatOf(sample, gzip, hints, notices);
  const carriageReturns = sample.carriageReturns;
  if (carriageReturns) notices.push(`The lines of the dataset ${name} end in carriage returns alone, and are read so.`);
  if (format === 'jsonl' || format === 'text') {
    if (hints.delimiter !== undefined) {
      throw new UserError(
        `--delimiter does not go with the dataset ${name}, which is read as ${FORMAT_NAMES[format]}: only CSV has columns. Leave it out, or say --format csv.`,
      );
    }
    return { format, delimiter: COMMA, carriageReturns, notices };
  }
  return { format: 'csv', delimiter: delimiterFor(format, text, head.whole, hints, notices), carriageReturns, notices };
}

const FORMAT_NAMES: Readonly<Record<ItemFormat, string>> = {
  jsonl: 'JSON Lines',
  csv: 'CSV',
  tsv: 'tab-separated values',
  text: 'plain text',
};

function refuseUnread({ bytes }: Head, gzip: boolean, { name, format }: FormatHints): void {
  if (gzip && isGzip(bytes)) {
    throw new UserError(
      `The dataset ${name} is compressed with gzip twice. Unpack it once: gzip -dc ${name} > ONCE.gz`,
    );
  }
  const kind = fileKind(bytes, isUtf8(withoutCutCharacter(bytes)));
  // Whoever insists may read a file that is no text as text; its lines are then failed items.
  if (kind !== undefined && kind !== 'gzip' && !(kind === 'binary' && format !== undefined)) {
    const what = gzip ? 'is compressed with gzip, and within that it ' : '';
    throw new UserError(`The dataset ${name} ${what}${unreadReason(kind, name)}.`);
  }
  const start = bytes.subarray(0, 200).toString('latin1');
  if (format !== undefined) return;
  if (start.startsWith('version https://git-lfs.github.com/spec/')) {
    throw new UserError(
      `The dataset ${name} is only Git LFS's pointer to the file, which is not here yet. Fetch it: git lfs pull`,
    );
  }
  if (/^(\xef\xbb\xbf)?\s*(<!doctype html|<html)/i.test(start) && !/\.txt(\.gz)?$/i.test(name)) {
    throw new UserError(
      `The dataset ${name} is a web page (HTML), perhaps an error or a sign-in page that was saved instead of the file. Download it again.`,
    );
  }
}

/** UTF-8's longest character has four bytes: the head may end within one. */
function withoutCutCharacter(bytes: Buffer): Buffer {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte >= 0xc0) return bytes.subarray(0, bytes.length - back);
    if (byte < 0x80) break;
  }
  return bytes;
}

/** Reads the format from a name; names of formats that are not read are refused. */
export function readByName(name: string): Exclude<FormatByName, { readonly kind: 'unsupported' }> {
  const byName = formatByName(name);
  if (byName.kind === 'unsupported') {
    throw new UserError(
      `The dataset ${name} ${byName.reason}. If only its name says so: --format jsonl, csv, tsv or text.`,
    );
  }
  return byName;
}

/** Without `--format`. */
function formatOf(sample: FirstLines, gzip: boolean, { name, delimiter }: FormatHints, notices: string[]): ItemFormat {
  const byName = readByName(name);
  if (byName.kind === 'format') {
    refuseOther(byName.format, sample, gzip, name);
    return byName.format;
  }
  if (delimiter !== undefined) return 'csv';
  const few = byName.kind === 'json' ? 2 : 1; // one line in a .json file is one document
  if (sample.objects >= few && sample.objects >= sample.lines.length * NEARLY_ALL) {
    notices.push(
      `The dataset ${name} is read as JSON Lines, because its lines are JSON objects. Another reading: --format text.`,
    );
    return 'jsonl';
  }
  if (byName.kind === 'json' || sample.isDocument)
    throw new UserError(`The dataset ${name} ${documentReason(name, gzip)}.`);
  if (sample.lines.length > 0) {
    notices.push(
      `The dataset ${name} is read as plain text, one item a line: neither its name nor its lines say anything else. Another reading: --format csv, tsv or jsonl.`,
    );
  }
  return 'text';
}

const NEARLY_ALL = 0.9;

/** A name that the content contradicts. */
function refuseOther(format: ItemFormat, sample: FirstLines, gzip: boolean, name: string): void {
  if (format === 'jsonl') {
    if (sample.isDocument) throw new UserError(`The dataset ${name} ${documentReason(name, gzip)}.`);
    if (sample.lines.length > 0 && sample.jsonLines === 0) {
      const lines = sample.lines.length === 1 ? 'its line is not' : `none of its first ${sample.lines.length} lines is`;
      throw new UserError(
        `The dataset ${name} has the name of JSON Lines, but ${lines} JSON. Say what it is (--format csv, tsv or text), or with --format jsonl that it is to be read all the same.`,
      );
    }
  }
  if (
    (format === 'csv' || format === 'tsv') &&
    sample.objects > 1 &&
    sample.objects >= sample.lines.length * NEARLY_ALL
  ) {
    throw new UserError(
      `The dataset ${name} has the name of ${FORMAT_NAMES[format]}, but its lines are JSON objects. Read it as what it is with --format jsonl.`,
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
    const why = stated ? 'as its first line says' : 'by its first lines';
    notices.push(
      `The dataset ${hints.name} is read with ${delimiter.name} between its columns, ${why}: ${columns} ${columns === 1 ? 'column' : 'columns'}. Another reading: --delimiter.`,
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
    `It cannot be told what separates the columns of the dataset ${name}: it may be ${ways.join(' or ')}. Say which: ${options.join(' or ')}${
      options.length === 1 ? ", or --delimiter ',' for a single column" : ''
    }.`,
  );
}

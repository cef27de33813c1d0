/** Finds the delimiter of a CSV file from its first records. */
import { isBlank } from './blank.js';
import { type CsvRecord, CsvRecordSplitter } from './csv-records.js';

export interface Delimiter {
  readonly character: string;
  /** The plural noun for messages: "with semicolons between its columns". */
  readonly name: string;
}

export const COMMA: Delimiter = { character: ',', name: 'commas' };
export const TAB: Delimiter = { character: '\t', name: 'tabs' };
const DELIMITERS: readonly Delimiter[] = [
  COMMA,
  { character: ';', name: 'semicolons' },
  TAB,
  { character: '|', name: 'vertical bars' },
];

export const delimiterOf = (character: string): Delimiter =>
  DELIMITERS.find((known) => known.character === character) ?? { character, name: JSON.stringify(character) };

export type Dialect =
  /** `stated`: the file's first line names the delimiter. */
  | { readonly kind: 'found'; readonly delimiter: Delimiter; readonly columns: number; readonly stated: boolean }
  | { readonly kind: 'ambiguous'; readonly readings: readonly Reading[] };

export interface Reading {
  readonly delimiter: Delimiter;
  /** The number of columns in the header. */
  readonly columns: number;
  /** The share of the records below the header that have as many fields as the header. */
  readonly share: number;
  readonly records: number;
}

/** Excel obeys such a first line. A letter, a digit or a quote cannot be a delimiter. */
const SEPARATOR_LINE = /^"?sep=([\t\x20-\x7e])"?$/i;
const NO_SEPARATOR = /["0-9A-Za-z]/;

/** The delimiter that a file's first line states. */
export function statedDelimiter(firstLine: Buffer | undefined): string | undefined {
  if (firstLine === undefined || firstLine.length > 8) return undefined;
  const stated = SEPARATOR_LINE.exec(firstLine.toString('latin1'))?.[1];
  return stated === undefined || NO_SEPARATOR.test(stated) ? undefined : stated;
}

/** `sample` holds the file's first bytes, without a byte order mark. */
export function dialectOf(sample: Buffer, whole: boolean, usual: Delimiter): Dialect {
  const stated = statedDelimiter(recordsOf(sample, whole, usual).at(0)?.bytes);
  if (stated !== undefined) {
    const delimiter = delimiterOf(stated);
    return { kind: 'found', delimiter, columns: read(sample, whole, delimiter, 1).columns, stated: true };
  }
  const readings = DELIMITERS.map((delimiter) => read(sample, whole, delimiter, 0)).filter(
    ({ columns }) => columns > 1,
  );
  const found = choose(readings, usual);
  if (found === 'ambiguous') return { kind: 'ambiguous', readings };
  return { kind: 'found', delimiter: found?.delimiter ?? usual, columns: found?.columns ?? 1, stated: false };
}

/** At least this share of the records must have as many fields as the header. The others may be bad. */
const AGREES = 0.8;
/** This share is enough for the only delimiter that gives more than one column. */
const AT_LEAST_AGREES = 0.5;
/** A delimiter with at least twice as many separators per record wins, because the other characters are probably within texts. */
const FAR_MORE = 2;

/** Chooses among the readings with more than one column. Undefined when there is none: then the table has one column, whatever the delimiter. */
function choose(readings: readonly Reading[], usual: Delimiter): Reading | 'ambiguous' | undefined {
  const usualReading = readings.find(({ delimiter }) => delimiter.character === usual.character);
  const agreeing = readings.filter(({ share }) => share >= AGREES);
  const [best, second] = [...agreeing].sort((a, b) => b.columns - a.columns);
  if (best === undefined) return readings.length === 0 ? undefined : chooseForRagged(readings, usualReading);
  if (second === undefined || best.columns - 1 >= FAR_MORE * (second.columns - 1)) return best;
  return usualReading?.records === 0 ? usualReading : 'ambiguous';
}

/** Chooses a reading when none agrees with most of the records. */
function chooseForRagged(readings: readonly Reading[], usualReading: Reading | undefined): Reading | 'ambiguous' {
  const most = Math.max(...readings.map(({ share }) => share));
  if (usualReading !== undefined && usualReading.share >= most) return usualReading;
  const [only, another] = readings;
  return only !== undefined && another === undefined && only.share >= AT_LEAST_AGREES ? only : 'ambiguous';
}

/** This many records are enough for a decision, and quickly read. */
const MOST_RECORDS = 200;

function read(sample: Buffer, whole: boolean, delimiter: Delimiter, from: number): Reading {
  const [header, ...records] = recordsOf(sample, whole, delimiter).slice(from, from + MOST_RECORDS);
  const columns = header?.fields ?? 1;
  const agreeing = records.filter(({ fields }) => fields === columns).length;
  const share = records.length === 0 ? 1 : agreeing / records.length;
  return { delimiter, columns, share, records: records.length };
}

function recordsOf(sample: Buffer, whole: boolean, { character }: Delimiter): readonly CsvRecord[] {
  const splitter = new CsvRecordSplitter(character.charCodeAt(0), Infinity);
  const records = splitter.push(sample);
  const last = splitter.end();
  if (whole && last !== undefined && !last.unclosed) records.push(last);
  return records.filter(({ bytes }) => bytes !== undefined && !isBlank(bytes, 0, bytes.length, character));
}

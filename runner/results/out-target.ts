/** Reads from `--out` and `--out-format` where results go and in which form. Pure. */
import { UserError } from '../errors.js';

export const OUT_FORMATS = ['jsonl', 'csv', 'parquet', 'jsonl.gz', 'csv.gz'] as const;
export type OutFormat = (typeof OUT_FORMATS)[number];
export type TableFormat = 'jsonl' | 'csv' | 'parquet';

export type OutTarget = {
  readonly format: TableFormat;
  readonly gzip: boolean;
  /** True when Parquet holds objects and arrays as JSON texts. */
  readonly jsonColumns: boolean;
} & (
  | { readonly kind: 'file' }
  | { readonly kind: 'stream' }
  /** A folder for parts; `path` is as the user wrote it. */
  | { readonly kind: 'folder'; readonly partBytes: number }
  | { readonly kind: 'prefix'; readonly bucket: string; readonly prefix: string; readonly partBytes: number }
);

/** Readers of lakes work best with files of some hundred megabytes, and a reader can take several at once. */
const DEFAULT_PART_BYTES = 256 * 1_000 * 1_000;

const ENDINGS: readonly (readonly [RegExp, TableFormat])[] = [
  [/\.(jsonl|ndjson)$/i, 'jsonl'],
  [/\.csv$/i, 'csv'],
  [/\.parquet$/i, 'parquet'],
];

/** Programs take these endings for a form that spotpool does not write. JSON Lines under such a name would be read wrongly. */
const OTHER_FORMS = /\.(tsv|tab|xlsx?|ods|arrow|feather|orc|avro|db|sqlite3?|duckdb|zst|bz2|xz|lz4|zip|tar|tgz|7z)$/i;

export interface OutOptions {
  readonly out: string;
  readonly format?: OutFormat | undefined;
  readonly partBytes?: number | undefined;
  readonly jsonColumns?: boolean | undefined;
}

export function outTarget(options: OutOptions): OutTarget {
  const { out, jsonColumns = false } = options;
  const target = { ...placeOf(options), jsonColumns };
  if (jsonColumns && target.format !== 'parquet') {
    throw new UserError(
      `--json-columns is for Parquet, but --out ${out} is not. Omit it, or name a file that ends in .parquet.`,
    );
  }
  return target;
}

/** Leaves out a property of each kind of a union. */
type Without<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

function placeOf({ out, format, partBytes }: OutOptions): Without<OutTarget, 'jsonColumns'> {
  const given = format === undefined ? undefined : splitFormat(format);
  if (out.endsWith('/')) {
    const form = { ...(given ?? splitFormat('jsonl')), partBytes: partBytes ?? DEFAULT_PART_BYTES };
    return out.startsWith('s3://') ? { kind: 'prefix', ...prefixOf(out), ...form } : { kind: 'folder', ...form };
  }
  if (out.startsWith('s3://')) {
    throw new UserError(
      `--out ${out} does not end in "/". Results go to S3 as parts below a prefix. Write it as ${out}/ and choose their form with --out-format.`,
    );
  }
  if (partBytes !== undefined) {
    throw new UserError(
      `--part-size is for results in parts, but --out ${out} is one file. End the name in "/" for a folder of parts.`,
    );
  }
  if (out === '-') return { kind: 'stream', ...(given ?? splitFormat('jsonl')) };
  return { kind: 'file', ...formOfName(out, format) };
}

interface Form {
  readonly format: TableFormat;
  readonly gzip: boolean;
}

function splitFormat(format: OutFormat): Form {
  const gzip = format.endsWith('.gz');
  return { format: (gzip ? format.slice(0, -'.gz'.length) : format) as TableFormat, gzip };
}

/** An ending that says nothing, such as `.txt` or none, is JSON Lines, unless `--out-format` names another form. */
function formOfName(out: string, format: OutFormat | undefined): Form {
  const gzip = /\.gz$/i.test(out);
  const name = gzip ? out.slice(0, -'.gz'.length) : out;
  const told = ENDINGS.find(([ending]) => ending.test(name))?.[1];
  if (told === 'parquet' && gzip) {
    throw new UserError(
      `Parquet compresses its own columns, and no reader takes ${out}. Name a file that ends in .parquet.`,
    );
  }
  const other = OTHER_FORMS.exec(name)?.[0];
  if (told === undefined && other !== undefined) {
    throw new UserError(
      `Results cannot be written as ${other} (--out ${out}). Name a file that ends in .jsonl, .csv, .parquet, .jsonl.gz or .csv.gz.`,
    );
  }
  if (format === undefined) return { format: told ?? 'jsonl', gzip };
  const given = splitFormat(format);
  const contradicts = (told !== undefined && told !== given.format) || (gzip && !given.gzip);
  if (contradicts) {
    throw new UserError(`--out-format ${format} contradicts the name of --out ${out}. Change one of them.`);
  }
  return given;
}

function prefixOf(url: string): { readonly bucket: string; readonly prefix: string } {
  const [bucket = '', ...rest] = url.slice('s3://'.length).split('/');
  if (bucket === '') throw new UserError(`--out ${url} names no bucket. Its form is s3://bucket/prefix/.`);
  return { bucket, prefix: rest.join('/') };
}

/** The ending of each part's name. */
export const endingOf = ({ format, gzip }: Form): string => `.${format}${gzip ? '.gz' : ''}`;

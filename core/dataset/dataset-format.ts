/** Tells a dataset's format from its name, and refuses formats that spotpool does not read. */
import type { FileKind } from './file-kind.js';

export const ITEM_FORMATS = ['jsonl', 'json', 'csv', 'tsv', 'text', 'parquet'] as const;
export type ItemFormat = (typeof ITEM_FORMATS)[number];

/** The values of `--format`. With `files` each file or object is an item, whatever is in it. */
export const DATASET_FORMATS = [...ITEM_FORMATS, 'files'] as const;
export type DatasetFormat = (typeof DATASET_FORMATS)[number];

/** The formats as messages call them. */
export const FORMAT_NAMES: Readonly<Record<ItemFormat, string>> = {
  jsonl: 'JSON Lines',
  json: 'a JSON array',
  csv: 'CSV',
  tsv: 'tab-separated values',
  text: 'plain text',
  parquet: 'Parquet',
};

/** Returns the values of `--format` in a text such as "csv, tsv or text", without the one that is no remedy. */
export function formatChoices(except?: ItemFormat): string {
  const others = ITEM_FORMATS.filter((format) => format !== except);
  return `${others.slice(0, -1).join(', ')} or ${others.at(-1)}`;
}

export type FormatByName =
  | { readonly kind: 'format'; readonly format: ItemFormat }
  /** `.json` means JSON Lines to some programs and one document to others. */
  | { readonly kind: 'json' }
  /** The name gives no format, so the bytes decide. */
  | { readonly kind: 'unknown' }
  /** `reason` is a clause that follows the file's name: the fault, and the remedy. */
  | { readonly kind: 'unsupported'; readonly reason: string };

type Unread = Exclude<FileKind, 'gzip' | 'zstd' | 'parquet'>;

const CONVERT = 'Convert it to JSON Lines (.jsonl, one item per line) or CSV first';
const pandas = (call: string): string =>
  `Convert it to JSON Lines first, for example with pandas: ${call}.to_json("items.jsonl", orient="records", lines=True)`;
const piped = (program: string, path: string): string =>
  `Use gzip (.gz), or unpack it on the fly: <(${program} ${path})`;

/** Returns a clause that follows the file's name. */
const REASONS: Readonly<Record<Unread, (path: string) => string>> = {
  zip: (path) =>
    `is a zip archive, which is not supported. Unpack it first, or give one file of it: <(unzip -p ${path} NAME)`,
  spreadsheet: () => 'is a spreadsheet or another Office document, which is not supported. Save it as CSV first',
  bzip2: (path) => `is compressed with bzip2, which is not supported. ${piped('bzcat', path)}`,
  xz: (path) => `is compressed with xz, which is not supported. ${piped('xzcat', path)}`,
  lz4: (path) => `is compressed with lz4, which is not supported. ${piped('lz4cat', path)}`,
  '7z': () => 'is a 7-Zip archive, which is not supported. Unpack it first',
  rar: () => 'is a RAR archive, which is not supported. Unpack it first',
  tar: (path) =>
    `is a tar archive, which is not supported. Unpack it first, or give one file of it: <(tar -xOf ${path} NAME)`,
  arrow: (path) => `is Arrow or Feather, which is not supported. ${pandas(`read_feather("${path}")`)}`,
  orc: (path) => `is ORC, which is not supported. ${pandas(`read_orc("${path}")`)}`,
  avro: () => `is Avro, which is not supported. ${CONVERT}`,
  sqlite: (path) =>
    `is a SQLite database, which is not supported. Write a table as CSV first: sqlite3 -csv -header ${path} "select * from TABLE" > items.csv`,
  hdf5: () => `is HDF5, which is not supported. ${CONVERT}`,
  numpy: () => `is a NumPy array, which is not supported. ${CONVERT}`,
  pdf: () =>
    'is a PDF document, not a file of items. If each document is an item, give the folder of them, or s3://bucket/prefix/',
  image: () =>
    'is an image, not a file of items. If each image is an item, give the folder of them, or s3://bucket/prefix/',
  'utf-16': (path) =>
    `is UTF-16 text, but items must be UTF-8. Convert it: iconv -f utf-16 -t utf-8 ${path} > CONVERTED`,
  'utf-32': (path) =>
    `is UTF-32 text, but items must be UTF-8. Convert it: iconv -f utf-32 -t utf-8 ${path} > CONVERTED`,
  binary: () => `contains bytes that are not text. ${CONVERT}, or state its format with --format`,
};

export const unreadReason = (kind: Unread, path: string): string => REASONS[kind](path);

const FORMATS: Readonly<Record<string, ItemFormat>> = {
  jsonl: 'jsonl',
  ndjson: 'jsonl',
  csv: 'csv',
  tsv: 'tsv',
  tab: 'tsv',
  txt: 'text',
  text: 'text',
  smi: 'text',
  smiles: 'text',
  parquet: 'parquet',
  pq: 'parquet',
};

/** These formats are refused by their name alone, before anything is started, and for objects in S3, too. */
const UNREAD: Readonly<Record<string, Unread>> = {
  arrow: 'arrow',
  feather: 'arrow',
  avro: 'avro',
  orc: 'orc',
  xlsx: 'spreadsheet',
  xls: 'spreadsheet',
  ods: 'spreadsheet',
  zip: 'zip',
  tar: 'tar',
  tgz: 'tar',
  bz2: 'bzip2',
  xz: 'xz',
};

/** Goes by the ending of a path or key. Compressions are left out, because the bytes show them. */
export function formatByName(path: string): FormatByName {
  const ending = endingOf(path);
  if (ending === 'json') return { kind: 'json' };
  const format = FORMATS[ending];
  if (format !== undefined) return { kind: 'format', format };
  const unread = UNREAD[ending];
  return unread === undefined ? { kind: 'unknown' } : { kind: 'unsupported', reason: unreadReason(unread, path) };
}

/** The compressions that are unpacked while a dataset is read. */
export type Compression = 'gzip' | 'zstd';

export const namedCompression = (path: string): Compression | undefined =>
  /\.gz$/i.test(path) ? 'gzip' : /\.zst$/i.test(path) ? 'zstd' : undefined;

function endingOf(path: string): string {
  const name = (path.split('/').at(-1) ?? '').toLowerCase().replace(/\.(gz|zst)$/, '');
  return name.includes('.') ? (name.split('.').at(-1) ?? '') : '';
}

/** Returns a clause that follows the file's name.  */
export const documentReason = (path: string): string =>
  'is one JSON document that is no array, but a dataset is an array of items, or one item per line (JSON Lines). ' +
  `To take the items out of a field: jq '.FIELD' ${path} > ITEMS.json. If each line is an item: --format jsonl. ` +
  'If the whole file is an item: --format files';

/**
 * The name of a file among others says whether its rows are items (`records`), or whether the file is an item itself (`other`). With `bytes`
 * its first bytes say it. A text is usually a document, and not a list.
 */
export function roleByName(path: string): 'records' | 'bytes' | 'other' {
  const byName = formatByName(path);
  switch (byName.kind) {
    case 'format':
      return byName.format === 'text' && !LISTS.has(endingOf(path)) ? 'other' : 'records';
    case 'json':
      return 'bytes';
    case 'unsupported':
      return 'other';
    case 'unknown':
      return DOCUMENTS.has(endingOf(path)) ? 'other' : 'bytes';
  }
}

/** Files with these endings are never lists of items. The first bytes of files with other unknown endings are looked at. */
const DOCUMENTS: ReadonlySet<string> = new Set(
  (
    'jpg jpeg png gif webp bmp tif tiff heic avif svg dcm wav mp3 flac ogg opus m4a aac mp4 mov avi mkv webm ' +
    'pdf doc docx ppt pptx odt epub html htm xml md rst tex eml pdb cif sdf mol mol2 fasta fa py js ts c h java'
  ).split(' '),
);

/** The endings of texts that are lists: a molecule a line. */
const LISTS: ReadonlySet<string> = new Set(['smi', 'smiles']);

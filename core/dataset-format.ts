/** What a dataset's name says about its format. */

export type ItemFormat = 'jsonl' | 'csv' | 'text';

export type FormatByName =
  | { readonly kind: 'format'; readonly format: ItemFormat; readonly gzip: boolean }
  /** What is wrong with it, and what to do: a clause that follows the file's name. */
  | { readonly kind: 'unsupported'; readonly reason: string };

const CONVERT = 'turn it into JSON Lines (.jsonl: one item a line) or CSV first';

/** Formats that would make nonsense if they were read as text. */
const UNSUPPORTED: Readonly<Record<string, string>> = {
  tsv: `is tab-separated, which is not read; ${CONVERT}`,
  parquet: `is Parquet, which is not read; ${CONVERT}`,
  arrow: `is Arrow, which is not read; ${CONVERT}`,
  feather: `is Feather, which is not read; ${CONVERT}`,
  avro: `is Avro, which is not read; ${CONVERT}`,
  orc: `is ORC, which is not read; ${CONVERT}`,
  xlsx: `is a spreadsheet, which is not read; ${CONVERT}`,
  xls: `is a spreadsheet, which is not read; ${CONVERT}`,
  zip: 'is a zip archive; unpack it, or compress the file with gzip (.gz)',
  tar: 'is an archive; unpack it first',
  tgz: 'is an archive; unpack it first',
  bz2: 'is compressed with bzip2; gzip (.gz) is read',
  xz: 'is compressed with xz; gzip (.gz) is read',
  zst: 'is compressed with zstd; gzip (.gz) is read',
};

/** By the extension of a path or key; anything unknown is plain text, one item a line. */
export function formatByName(path: string): FormatByName {
  const name = (path.split('/').at(-1) ?? '').toLowerCase();
  const gzip = name.endsWith('.gz');
  const inner = gzip ? name.slice(0, -'.gz'.length) : name;
  const extension = inner.includes('.') ? (inner.split('.').at(-1) ?? '') : '';
  if (extension === 'jsonl' || extension === 'ndjson') return { kind: 'format', format: 'jsonl', gzip };
  if (extension === 'csv') return { kind: 'format', format: 'csv', gzip };
  if (extension === 'json') return { kind: 'unsupported', reason: jsonReason(path, gzip) };
  const reason = UNSUPPORTED[extension];
  if (reason !== undefined) return { kind: 'unsupported', reason };
  return { kind: 'format', format: 'text', gzip };
}

function jsonReason(path: string, gzip: boolean): string {
  const lines = path.replace(/\.json(\.gz)?$/i, '.jsonl');
  const convert = gzip ? `zcat ${path} | jq -c '.[]' | gzip > ${lines}.gz` : `jq -c '.[]' ${path} > ${lines}`;
  return (
    'is one JSON document; items are read one a line (JSON Lines). ' +
    `If it is an array: ${convert}. If it has one item a line already, name it .jsonl`
  );
}

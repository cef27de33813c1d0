/** Reads the items of one opened file, in any format that is a stream of bytes. */
import type { ItemGroup } from './item-group.js';
import type { OpenedBytes } from './open-bytes.js';
import { type CsvOptions, readCsv } from './read-csv.js';
import { readJsonArray } from './read-json-array.js';
import { type JsonOptions, readJsonLines, readTextLines } from './read-lines.js';

export type ReadItemsOptions = JsonOptions & Pick<CsvOptions, 'onHeader'>;

export function readItems({ source, recognised }: OpenedBytes, options: ReadItemsOptions): AsyncGenerator<ItemGroup> {
  const { format, delimiter, carriageReturns } = recognised;
  const lines = carriageReturns ? withNewlines(source) : source;
  switch (format) {
    case 'csv':
      // The CSV reader treats carriage returns itself, because within quotes they are data.
      return readCsv(source, { ...options, delimiter });
    case 'json':
      return readJsonArray(source, options);
    case 'jsonl':
      return readJsonLines(lines, options);
    case 'text':
      return readTextLines(lines, options);
  }
}

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;

async function* withNewlines(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    const changed = Buffer.from(chunk);
    for (let at = changed.indexOf(CARRIAGE_RETURN); at !== -1; at = changed.indexOf(CARRIAGE_RETURN, at + 1)) {
      changed[at] = NEWLINE;
    }
    yield changed;
  }
}

/** Reads the items of a dataset, in any supported format. */
import type { BigIntegers } from './big-integers.js';
import type { ItemGroup } from './item-group.js';
import type { Notify } from './notice.js';
import { openBytes } from './open-bytes.js';
import { readCsv } from './read-csv.js';
import { type JsonOptions, readJsonLines, readTextLines } from './read-lines.js';
import type { FormatHints } from './recognise.js';

export interface ReadItemsOptions {
  readonly strict?: boolean;
  readonly limit?: number;
  readonly bigIntegers?: BigIntegers;
  readonly forJavaScript?: boolean;
  readonly notify?: Notify;
}

export async function* readItems(
  stored: AsyncIterable<Uint8Array>,
  hints: FormatHints,
  request: ReadItemsOptions,
  signal: AbortSignal,
): AsyncGenerator<ItemGroup> {
  const { source, recognised } = await openBytes(stored, hints, signal);
  const { format, delimiter, carriageReturns, notices } = recognised;
  for (const message of notices) request.notify?.({ level: 'info', code: 'dataset-format', message });
  const options: JsonOptions = { ...request, name: hints.name, strict: request.strict ?? false };
  const lines = carriageReturns ? withNewlines(source) : source;
  switch (format) {
    case 'csv':
      // The CSV reader treats carriage returns itself, because within quotes they are data.
      yield* readCsv(source, { ...options, delimiter });
      break;
    case 'jsonl':
      yield* readJsonLines(lines, options);
      break;
    case 'text':
      yield* readTextLines(lines, options);
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

/**
 * Looks at the beginning of every file before anything is sent, so that a file which does not fit the others is refused while nothing is uploaded yet. Whole
 * files are not read: a header of CSV, a footer of Parquet and the first bytes of the others show what files have in common.
 */
import { definedFields } from '../../../core/defined-fields.js';
import { NEWLINE } from '../line-blocks.js';
import { readItems } from '../read-items.js';
import { HEAD_BYTES } from '../recognise.js';
import { Agreement } from './agreement.js';
import { openedInOrder } from './open-ahead.js';
import { closeSource, openSource, type OpenedSource } from './open-source.js';
import type { CheckProgress } from '../opened-dataset.js';
import type { RowsRequest } from './rows-request.js';
import { requireAlike } from './require-alike.js';
import type { Source } from './source.js';

/** Each open file holds its first bytes. More files at once would not be faster, because Node reads files in four threads. */
const OPEN_FILES = 8;

/** Throws a `UserError` for the first file, in their order, that cannot be read with the others. */
export async function checkSources(
  sources: readonly Source[],
  request: RowsRequest & { readonly onProgress?: CheckProgress },
  signal: AbortSignal,
): Promise<void> {
  const { format, delimiter, columns } = request;
  const hints = definedFields({ format, delimiter, columns });
  const agreement = new Agreement();
  const headers = new Set<string>();
  const opened = openedInOrder(
    sources,
    { most: OPEN_FILES, open: (source, until) => openSource(source, 0, hints, until), close: closeSource },
    signal,
  );
  let files = 0;
  for await (const one of opened) {
    try {
      requireAlike(agreement, one, request);
      await readHeader(one, request, agreement, headers);
    } finally {
      await closeSource(one);
    }
    request.onProgress?.((files += 1), sources.length);
  }
}

/** `known` has the first lines that were read as headers. Parsing one for each of many equal files would take most of the time. */
async function readHeader(
  opened: OpenedSource,
  { strict = false }: RowsRequest,
  agreement: Agreement,
  known: Set<string>,
): Promise<void> {
  if (opened.kind !== 'bytes' || opened.bytes.recognised.format !== 'csv') return;
  const { source, recognised } = opened.bytes;
  const line = plainFirstLine((await source.peek(HEAD_BYTES)).bytes);
  const key = line && `${recognised.delimiter.character}${line}`;
  if (key !== undefined && known.has(key)) return;
  const { name } = opened.source;
  const onHeader = (header: readonly string[]): void => agreement.requireHeader(name, header);
  // The header is read with the first record below it.
  for await (const _ of readItems(opened.bytes, { name, strict, limit: 1, onHeader })) break;
  if (key !== undefined && known.size < MOST_KNOWN) known.add(key);
}

/** The columns of most datasets stand in one order or in a few. */
const MOST_KNOWN = 64;

/** Undefined when the line may be no whole header: within quotes are line ends, and Excel's first line only names the delimiter. */
function plainFirstLine(head: Buffer): string | undefined {
  const end = head.indexOf(NEWLINE);
  const line = end === -1 ? undefined : head.toString('latin1', 0, end);
  return line === undefined || line.trim() === '' || line.includes('"') || /sep=/i.test(line) ? undefined : line;
}

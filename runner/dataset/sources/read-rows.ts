/**
 * Reads the rows of many sources as one dataset, in the order of the sources. Each group of items is from one source, and says which one and which of its records
 * it has.
 */
import { definedFields } from '../../../core/defined-fields.js';
import { BigIntegerScan, bigIntegerNotice } from '../big-integers.js';
import type { ItemGroup } from '../item-group.js';
import type { DatasetNotice, Notify } from '../notice.js';
import { readParquet } from '../parquet/read-parquet.js';
import { readItems } from '../read-items.js';
import { Agreement } from './agreement.js';
import { openedInOrder } from './open-ahead.js';
import { closeSource, openSource, type OpenedSource } from './open-source.js';
import { requireAlike } from './require-alike.js';
import type { Source, SourceFacts } from './source.js';
import type { RowsRequest } from './rows-request.js';

export interface RowsHooks {
  readonly notify?: Notify;
  readonly forJavaScript?: boolean;
  /** It is called for each source when it is opened, before its first row. */
  readonly onFacts?: (source: number, facts: SourceFacts) => void;
}

/** So many round trips to S3 overlap. Each open source holds its first bytes. */
const OPEN_SOURCES = 8;

export async function* readRows(
  sources: readonly Source[],
  request: RowsRequest,
  hooks: RowsHooks,
  signal: AbortSignal,
): AsyncGenerator<ItemGroup> {
  const { limit = Infinity, bigIntegers = 'keep' } = request;
  const reader = new RowsReader(request, hooks, signal, sources.length);
  const numbered = sources.map((source, number) => ({ source, number }));
  const { format, delimiter, columns } = request;
  const hints = definedFields({ format, delimiter, columns });
  const opened = openedInOrder(
    numbered,
    {
      most: OPEN_SOURCES,
      open: ({ source, number }, until) => openSource(source, number, hints, until),
      close: closeSource,
    },
    signal,
  );
  for await (const one of opened) {
    try {
      yield* reader.rows(one);
    } finally {
      await closeSource(one);
    }
    if (reader.items >= limit) break;
  }
  reader.tell(bigIntegerNotice(request.name, reader.integers, bigIntegers, reader.record));
}

async function* nothing(): AsyncGenerator<ItemGroup> {}

class RowsReader {
  items = 0;
  readonly integers = new BigIntegerScan();
  record: 'line' | 'row' | 'element' = 'line';
  readonly #agreement = new Agreement();
  readonly #told = new Set<string>();

  readonly #request: RowsRequest;
  readonly #hooks: RowsHooks;
  readonly #signal: AbortSignal;
  readonly #isOne: boolean;

  constructor(request: RowsRequest, hooks: RowsHooks, signal: AbortSignal, sources: number) {
    this.#request = request;
    this.#hooks = hooks;
    this.#signal = signal;
    this.#isOne = sources === 1;
  }

  tell(notice: DatasetNotice | undefined): void {
    if (notice !== undefined) this.#hooks.notify?.(notice);
  }

  async *rows(opened: OpenedSource): AsyncGenerator<ItemGroup> {
    const { number, facts } = opened;
    this.#hooks.onFacts?.(number, facts);
    let row = 1;
    for await (const group of this.#groups(opened)) {
      this.#signal.throwIfAborted();
      const rows = Array.from(group.ends, () => row++);
      this.items += rows.length;
      yield { ...group, place: { source: number, rows } };
    }
  }

  #groups(opened: OpenedSource): AsyncIterable<ItemGroup> {
    const { strict = false, limit, bigIntegers, columns } = this.#request;
    const { name } = opened.source;
    const common = {
      // The file's own name stands in the messages of its records.
      name,
      strict,
      integers: this.integers,
      notify: (notice: DatasetNotice) => this.tell(notice),
      ...definedFields({ bigIntegers, forJavaScript: this.#hooks.forJavaScript }),
      ...(limit === undefined ? {} : { limit: limit - this.items }),
    };
    requireAlike(this.#agreement, opened, this.#request);
    if (opened.kind === 'parquet') {
      this.record = 'row';
      return readParquet(opened.parquet, { ...common, ...definedFields({ columns }) }, this.#signal);
    }
    const { bytes } = opened;
    const { recognised } = bytes;
    for (const message of recognised.notices) this.#tellOnce(name, message);
    if (bytes.isBlank) return nothing();
    if (recognised.format === 'json') this.record = 'element';
    return readItems(bytes, { ...common, onHeader: (header) => this.#agreement.requireHeader(name, header) });
  }

  /** A sentence that is true of a thousand files is said once. */
  #tellOnce(name: string, message: string): void {
    const sentence = message.replaceAll(name, '');
    if (!this.#isOne && this.#told.has(sentence)) return;
    this.#told.add(sentence);
    this.tell({ level: 'info', code: 'dataset-format', message });
  }
}

/** Notes which items each source gives while a dataset is read. */
import type { SourceLine } from '../../../core/contract/source-line.js';
import { definedFields } from '../../../core/defined-fields.js';
import type { ItemGroup } from '../item-group.js';
import type { Source, SourceFacts } from './source.js';

interface Entry {
  readonly source: number;
  readonly first: number;
  items: number;
  /** Set once a row is not the next one. */
  rows: number[] | undefined;
}

export class SourceLedger {
  readonly #sources: readonly Source[];
  readonly #facts = new Map<number, SourceFacts>();
  #entries: Entry[] = [];
  #items = 0;

  constructor(sources: readonly Source[]) {
    this.#sources = sources;
  }

  /** Begins anew, because the dataset is read from its beginning. */
  async *over(groups: AsyncIterable<ItemGroup>): AsyncGenerator<ItemGroup> {
    this.#entries = [];
    this.#items = 0;
    for await (const group of groups) {
      this.#add(group);
      yield group;
    }
  }

  setFacts(source: number, facts: SourceFacts): void {
    this.#facts.set(source, facts);
  }

  /** The lines of the sources that were read so far and gave an item. */
  lines(): readonly SourceLine[] {
    return this.#entries.map(({ source, first, items, rows }) => ({
      file: this.#sources[source]?.name ?? '',
      first,
      items,
      ...definedFields({ rows, ...this.#facts.get(source) }),
    }));
  }

  #add({ place, ends }: ItemGroup): void {
    if (place !== undefined) {
      const last = this.#entries.at(-1);
      const entry =
        last?.source === place.source ? last : { source: place.source, first: this.#items, items: 0, rows: undefined };
      if (entry !== last) this.#entries.push(entry);
      addRows(entry, place.rows);
    }
    this.#items += ends.length;
  }
}

function addRows(entry: Entry, rows: readonly number[]): void {
  const isNext = entry.rows === undefined && rows.every((row, n) => row === entry.items + n + 1);
  if (!isNext) {
    entry.rows ??= Array.from({ length: entry.items }, (_, n) => n + 1);
    for (const row of rows) entry.rows.push(row);
  }
  entry.items += rows.length;
}

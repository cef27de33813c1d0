/**
 * Cuts ids and kept fields out of a dataset's items while they stream by, as a kept line for each item (core/contract/kept-line.ts).
 *
 * Invariants:
 * - The same items and fields give the same lines, however the items arrive in groups.
 * - With `--id-field` every readable item has an id. An item without one is an error that names its place.
 * - Without it, `custom_id` is the id as long as every readable item has one. The first item without one ends that for the whole dataset.
 */
import { isAscii } from 'node:buffer';
import { idKey, isId, KeptLineCodec, MOST_ID_CHARACTERS } from '../../../core/contract/kept-line.js';
import { FieldScanner, fieldPath } from '../../../core/dataset/json-field.js';
import { isBadLineAt, type ItemGroup } from '../item-group.js';
import { ItemPlaces } from './item-places.js';
import { refuseItem } from './refusals.js';
import type { IdentityRequest } from './identity-request.js';

/** This field is the id by itself. The batch files of several providers of models name their requests with it. */
export const OWN_ID_FIELD = 'custom_id';

/** The line of an item that cannot be read. */
const NOTHING_KEPT = '{}';

/** `chosen`: with `--id-field`. `own`: every item so far has a `custom_id`. `none`: the items have no ids. */
type Ids = 'chosen' | 'own' | 'none';

export class IdentityColumn {
  readonly codec: KeptLineCodec;
  readonly places = new ItemPlaces();
  readonly request: IdentityRequest;
  readonly #scanner: FieldScanner;
  /** For each kept field, the number of items that have it. */
  readonly #found: number[];
  readonly #onId: (id: string) => void;
  #ids: Ids;
  #idCount = 0;
  /** The first item without a `custom_id`, when items before it had one. */
  ownIdsEndedAt: number | undefined;
  #items = 0;

  /** `onId` gets the key of each id, in the order of the items (`idKey`). */
  constructor(request: IdentityRequest, onId: (id: string) => void = () => undefined) {
    const { idField = OWN_ID_FIELD, keep = [], kind } = request;
    this.request = request;
    this.codec = new KeptLineCodec(keep);
    this.#scanner = new FieldScanner([idField, ...keep].map(fieldPath));
    this.#found = keep.map(() => 0);
    this.#onId = onId;
    this.#ids = request.idField !== undefined ? 'chosen' : kind === 'lines' ? 'own' : 'none';
  }

  /** True while all readable items have ids, and there are some. */
  get hasIds(): boolean {
    return this.#ids !== 'none' && this.#idCount > 0;
  }

  /** True when no item that follows gets an id. */
  get isWithoutIds(): boolean {
    return this.#ids === 'none';
  }

  /** The kept fields that no item has. */
  get neverFound(): readonly string[] {
    return (this.request.keep ?? []).filter((_, n) => this.#found[n] === 0);
  }

  /** True when no further item has anything to keep. */
  get isIdle(): boolean {
    return this.#ids === 'none' && this.#found.length === 0;
  }

  /** Adds a kept line for each item, as long as there is anything to keep. */
  async *over(groups: AsyncIterable<ItemGroup>): AsyncGenerator<ItemGroup> {
    for await (const group of groups) {
      const kept = this.#linesOf(group);
      yield kept === undefined ? group : { ...group, kept };
    }
  }

  #linesOf(group: ItemGroup): readonly string[] | undefined {
    if (this.isIdle) return undefined;
    this.places.add(group.ends.length, group.place);
    const { bytes, ends } = group;
    // Here positions in the text are those in the bytes, so that no item is copied.
    const ascii = isAscii(bytes) ? bytes.toString('latin1') : undefined;
    const kept: string[] = [];
    let start = 0;
    for (const [n, lineEnd] of ends.entries()) {
      if (isBadLineAt(group, n)) kept.push(NOTHING_KEPT);
      else if (ascii !== undefined) kept.push(this.#lineOf(ascii, start, lineEnd - 1));
      else kept.push(this.#lineOf(bytes.toString('utf8', start, lineEnd - 1)));
      if (this.isIdle) return undefined;
      this.#items += 1;
      start = lineEnd;
    }
    return kept;
  }

  #lineOf(text: string, start = 0, end = text.length): string {
    this.#scanner.scan(text, start, end);
    const idJson = this.#ids === 'none' ? undefined : this.#idOf(text, start, end);
    const keptJson = this.#found.map((_, n) => this.#cut(text, n + 1));
    for (const [n, json] of keptJson.entries()) {
      if (json !== undefined) this.#found[n] = (this.#found[n] ?? 0) + 1;
    }
    return this.codec.encode(idJson === undefined ? { keptJson } : { idJson, keptJson });
  }

  #idOf(text: string, start: number, end: number): string | undefined {
    const json = this.#cut(text, 0);
    if (json !== undefined && isUsable(json)) {
      this.#idCount += 1;
      this.#onId(idKey(json));
      return json;
    }
    if (this.#ids === 'chosen') {
      refuseItem(
        this.request,
        { index: this.#items, place: this.places.of(this.#items) },
        text.slice(start, end),
        json,
      );
    }
    this.#ids = 'none';
    if (this.#idCount > 0) this.ownIdsEndedAt = this.#items;
    return undefined;
  }

  #cut(text: string, field: number): string | undefined {
    const start = this.#scanner.startOf(field);
    return start < 0 ? undefined : text.slice(start, this.#scanner.endOf(field));
  }
}

const isUsable = (json: string): boolean => isId(json) && json.length <= MOST_ID_CHARACTERS && json !== '""';

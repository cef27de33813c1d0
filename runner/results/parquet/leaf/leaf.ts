/**
 * A leaf column of a row group: its values, and for each entry the levels that say where it is. The definition level tells how much of the path is there;
 * the repetition level tells at which list a new element begins, 0 being a new row.
 *
 * Invariant: there is an entry for each value, for each missing value, and for each empty list. There is a value where the definition level is the greatest.
 */
import { doubledBytes, firstBytes, type LeafValues } from './values.js';

export interface LeafPlace {
  /** The names from the top column to this one, as the schema has them. */
  readonly path: readonly string[];
  readonly maxDefinition: number;
  readonly maxRepetition: number;
}

export class Leaf<V extends LeafValues = LeafValues> {
  readonly place: LeafPlace;
  readonly values: V;
  entries = 0;
  #definitions = firstBytes();
  #repetitions = firstBytes();
  #entriesBefore = 0;
  #valuesBefore = 0;

  constructor(place: LeafPlace, values: V) {
    this.place = place;
    this.values = values;
  }

  /** Adds the levels of an entry. A value of its own is pushed beside this. */
  add(repetition: number, definition: number): void {
    const { entries } = this;
    if (entries === this.#definitions.length) {
      this.#definitions = doubledBytes(this.#definitions);
      this.#repetitions = doubledBytes(this.#repetitions);
    }
    this.#definitions[entries] = definition;
    this.#repetitions[entries] = repetition;
    this.entries = entries + 1;
  }

  get definitions(): Uint8Array {
    return this.#definitions.subarray(0, this.entries);
  }

  get repetitions(): Uint8Array {
    return this.#repetitions.subarray(0, this.entries);
  }

  /** Remembers this place for `undo`. */
  mark(): void {
    this.#entriesBefore = this.entries;
    this.#valuesBefore = this.values.length;
  }

  /** Forgets all since the last mark. */
  undo(): void {
    this.cut(this.#entriesBefore, this.#valuesBefore);
  }

  cut(entries: number, values: number): void {
    this.entries = entries;
    this.values.truncate(values);
  }
}

/** Compares the results of two jobs over the same items. Its memory is bounded, whatever the outputs are. */
import type { ItemError } from '../contract/result-line.js';
import { shorten } from '../shorten.js';
import { type OutputChange, outputChanges } from './output-changes.js';

export type ComparedRow =
  | { readonly index: number; readonly ok: true; readonly outputJson: string }
  | { readonly index: number; readonly ok: false; readonly error: ItemError };

export interface ComparedItems {
  readonly equal: number;
  readonly changed: number;
  readonly newlyFailed: number;
  readonly newlyOk: number;
  readonly failedInBoth: number;
  /** Items that only one of the jobs has a result of. */
  readonly onlyBefore: number;
  readonly onlyAfter: number;
}

export interface ChangedField {
  readonly field: string;
  /** The number of items in which it changed. */
  readonly items: number;
  /** The largest difference of two numbers, and the largest as a share of the larger number. Absent when the values are no numbers. */
  readonly difference?: number;
  readonly relative?: number;
  readonly example: { readonly index: number } & Pick<OutputChange, 'path' | 'before' | 'after'>;
}

export interface ChangedItem {
  readonly index: number;
  /** The largest changes of the item. */
  readonly changes: readonly OutputChange[];
}

export interface ComparisonReport {
  readonly items: ComparedItems;
  /** Fields with values that are no numbers come first, then the largest relative difference. */
  readonly fields: readonly ChangedField[];
  /** True when more fields changed than are listed. */
  readonly moreFields: boolean;
  /** The items with the largest changes. */
  readonly changed: readonly ChangedItem[];
  readonly newlyFailed: readonly { readonly index: number; readonly code: string; readonly message: string }[];
  readonly newlyOk: readonly { readonly index: number; readonly code: string }[];
}

/** Outputs with more fields use keys as data. */
const MOST_FIELDS = 1_000;
const MOST_EXAMPLES = 10;
const CHANGES_OF_EXAMPLE = 5;
const MESSAGE_CHARACTERS = 2_000;

interface Field {
  items: number;
  difference: number | undefined;
  relative: number | undefined;
  example: ChangedField['example'];
}

export class Comparison {
  readonly #tolerance: number | undefined;
  readonly #counts = {
    equal: 0,
    changed: 0,
    newlyFailed: 0,
    newlyOk: 0,
    failedInBoth: 0,
    onlyBefore: 0,
    onlyAfter: 0,
  };
  readonly #fields = new Map<string, Field>();
  #moreFields = false;
  #changed: (ChangedItem & { readonly size: number })[] = [];
  readonly #newlyFailed: { readonly index: number; readonly code: string; readonly message: string }[] = [];
  readonly #newlyOk: { readonly index: number; readonly code: string }[] = [];

  constructor(tolerance?: number) {
    this.#tolerance = tolerance;
  }

  /** Adds an item with the results that the jobs have of it. */
  add(before: ComparedRow | undefined, after: ComparedRow | undefined): void {
    if (before === undefined) this.#counts.onlyAfter += 1;
    else if (after === undefined) this.#counts.onlyBefore += 1;
    else if (before.ok && after.ok) this.#addOutputs(before.index, before.outputJson, after.outputJson);
    else this.#addFailures(before, after);
  }

  report(): ComparisonReport {
    const fields = [...this.#fields].map(([field, { items, difference, relative, example }]): ChangedField => ({
      field,
      items,
      ...(difference === undefined ? {} : { difference }),
      ...(relative === undefined ? {} : { relative }),
      example,
    }));
    return {
      items: { ...this.#counts },
      fields: fields.sort((a, b) => sizeOf(b) - sizeOf(a) || b.items - a.items),
      moreFields: this.#moreFields,
      changed: this.#changed.map(({ index, changes }) => ({ index, changes })),
      newlyFailed: this.#newlyFailed,
      newlyOk: this.#newlyOk,
    };
  }

  #addFailures(before: ComparedRow, after: ComparedRow): void {
    if (!before.ok && !after.ok) this.#counts.failedInBoth += 1;
    else if (!after.ok) {
      this.#counts.newlyFailed += 1;
      const { code, message } = after.error;
      if (this.#newlyFailed.length < MOST_EXAMPLES)
        this.#newlyFailed.push({ index: after.index, code, message: shorten(message, MESSAGE_CHARACTERS) });
    } else if (!before.ok) {
      this.#counts.newlyOk += 1;
      if (this.#newlyOk.length < MOST_EXAMPLES) this.#newlyOk.push({ index: before.index, code: before.error.code });
    }
  }

  #addOutputs(index: number, before: string, after: string): void {
    const changes = outputChanges(before, after, this.#tolerance);
    if (changes.length === 0) {
      this.#counts.equal += 1;
      return;
    }
    this.#counts.changed += 1;
    const counted = new Set<string>();
    for (const change of changes) {
      this.#addChange(index, change, counted.has(change.field));
      counted.add(change.field);
    }
    const sorted = [...changes].sort((a, b) => sizeOf(b.number) - sizeOf(a.number));
    const item = { index, changes: sorted.slice(0, CHANGES_OF_EXAMPLE), size: sizeOf(sorted[0]?.number) };
    if (this.#changed.length >= MOST_EXAMPLES && item.size <= (this.#changed.at(-1)?.size ?? 0)) return;
    this.#changed = [...this.#changed, item].sort((a, b) => b.size - a.size).slice(0, MOST_EXAMPLES);
  }

  #addChange(index: number, { field, path, before, after, number }: OutputChange, isCounted: boolean): void {
    const known = this.#fields.get(field);
    const example = { index, path, before, after };
    if (known === undefined) {
      if (this.#fields.size >= MOST_FIELDS) {
        this.#moreFields = true;
        return;
      }
      const { difference, relative } = number ?? {};
      this.#fields.set(field, { items: 1, difference, relative, example });
      return;
    }
    if (!isCounted) known.items += 1;
    if (known.relative === undefined) return;
    if (number === undefined) {
      [known.difference, known.relative, known.example] = [undefined, undefined, example];
      return;
    }
    if (number.relative > known.relative) known.example = example;
    known.difference = Math.max(known.difference ?? 0, number.difference);
    known.relative = Math.max(known.relative, number.relative);
  }
}

/** A change between values that are no numbers has no size, so it goes before any that has one. */
const sizeOf = (number: { readonly relative?: number } | undefined): number => number?.relative ?? Infinity;

/**
 * Takes JSON values apart into the leaf columns of their shape, as the Dremel paper describes it. A value goes from its text to its leaf at once, without an
 * object between the two.
 *
 * Invariant: a value adds to every leaf below it: its own values, or an entry that says how much of the path is there.
 */
import { Booleans } from './leaf/booleans.js';
import { Doubles } from './leaf/doubles.js';
import { Integers } from './leaf/integers.js';
import { Leaf, type LeafPlace } from './leaf/leaf.js';
import { Texts } from './leaf/texts.js';
import type { LeafValues } from './leaf/values.js';
import type { JsonKind, JsonScan } from './json-scan.js';
import type { Member, Shape } from './shape.js';

export interface Shredder {
  readonly leaves: readonly Leaf[];
  /** Takes the next value of the text apart. */
  take(scan: JsonScan, repetition: number): void;
  /** Adds what stands for a value that is not there. `definition` tells how much of its path is. */
  miss(repetition: number, definition: number): void;
  /** Remembers this place for `undo`. */
  mark(): void;
  /** Forgets all since the last mark. */
  undo(): void;
}

/** `place` is that of the value itself, which may be null. */
export function shredderOf(shape: Shape, place: LeafPlace): Shredder {
  switch (shape.kind) {
    case 'boolean':
      return booleans(place);
    case 'integer':
      return integers(place);
    case 'double':
      return doubles(place);
    case 'string':
      return leafOf(new Leaf(place, new Texts()), 'string', (scan, values) => values.push(scan.string()));
    case 'json':
      return leafOf(new Leaf(place, new Texts()), undefined, (scan, values) => values.push(scan.raw()));
    case 'struct':
      return new StructShredder(shape.members, place);
    case 'list':
      return new ListShredder(shape.element, place);
  }
}

const booleans = (place: LeafPlace): Shredder =>
  leafOf(new Leaf(place, new Booleans()), 'boolean', (scan, values) => values.push(scan.boolean()));

const integers = (place: LeafPlace): Shredder =>
  leafOf(new Leaf(place, new Integers()), 'number', (scan, values) => {
    const small = scan.smallInteger();
    if (!Number.isNaN(small)) values.push(small);
    else pushLong(scan.scalar(), values);
  });

const INTEGER = /^-?\d+$/;

function pushLong(text: string, values: Integers): void {
  if (!INTEGER.test(text) || text === '-0') throw changed('a value is no integer now');
  const exact = BigInt(text);
  if (BigInt.asIntN(64, exact) !== exact) throw changed('a value is no 64-bit integer now');
  const number = Number(text);
  if (Number.isSafeInteger(number)) values.push(number);
  else values.pushBig(exact);
}

const doubles = (place: LeafPlace): Shredder =>
  leafOf(new Leaf(place, new Doubles()), 'number', (scan, values) => {
    let value = scan.smallFraction();
    if (Number.isNaN(value)) value = scan.smallInteger();
    values.push(Number.isNaN(value) ? Number(scan.scalar()) : value);
  });

/** `kind` is what the text of a value must be. */
function leafOf<V extends LeafValues>(
  leaf: Leaf<V>,
  kind: JsonKind | undefined,
  push: (scan: JsonScan, values: V) => void,
): Shredder {
  const { values } = leaf;
  const { maxDefinition } = leaf.place;
  return {
    leaves: [leaf],
    take: (scan, repetition) => {
      if (scan.takeNull()) {
        leaf.add(repetition, maxDefinition - 1);
        return;
      }
      if (kind !== undefined) requireKind(scan, kind);
      push(scan, values);
      leaf.add(repetition, maxDefinition);
    },
    miss: (repetition, definition) => leaf.add(repetition, definition),
    mark: () => leaf.mark(),
    undo: () => leaf.undo(),
  };
}

/** While a job runs, a later reading may find other values than the first one. */
const changed = (how: string): Error =>
  new Error(`The results have changed while they were read: ${how}. Fetch the results again.`);

function requireKind(scan: JsonScan, kind: JsonKind): void {
  if (scan.kind() !== kind) throw changed(`a value is no ${kind} now`);
}

/** A value with several leaves. Each leaf has one mark of its own, which a value below this one may move, so the marks of this one are here. */
abstract class NestedShredder implements Shredder {
  readonly leaves: readonly Leaf[];
  /** The definition level of a value that is there. */
  protected readonly definition: number;
  readonly #entries: Float64Array;
  readonly #values: Float64Array;

  constructor(leaves: readonly Leaf[], definition: number) {
    this.leaves = leaves;
    this.definition = definition;
    this.#entries = new Float64Array(leaves.length);
    this.#values = new Float64Array(leaves.length);
  }

  abstract take(scan: JsonScan, repetition: number): void;

  miss(repetition: number, definition: number): void {
    for (const leaf of this.leaves) leaf.add(repetition, definition);
  }

  mark(): void {
    for (const [n, { entries, values }] of this.leaves.entries()) {
      this.#entries[n] = entries;
      this.#values[n] = values.length;
    }
  }

  undo(): void {
    for (const [n, leaf] of this.leaves.entries()) leaf.cut(this.#entries[n] ?? 0, this.#values[n] ?? 0);
  }

  /** Takes null, or an entry of the wanted kind begins. */
  protected tookNull(scan: JsonScan, kind: JsonKind, repetition: number): boolean {
    if (!scan.takeNull()) {
      requireKind(scan, kind);
      return false;
    }
    this.miss(repetition, this.definition - 1);
    return true;
  }
}

interface StructMember extends Member {
  readonly shredder: Shredder;
  /** The number of the object that last had this member. */
  seenIn: number;
}

class StructShredder extends NestedShredder {
  readonly #members: readonly StructMember[];
  readonly #byName: ReadonlyMap<string, StructMember>;
  #objects = 0;

  constructor(shapes: readonly Member[], { path, maxDefinition, maxRepetition }: LeafPlace) {
    const members = shapes.map((member) => {
      const place = { path: [...path, member.name], maxDefinition: maxDefinition + 1, maxRepetition };
      return { ...member, shredder: shredderOf(member.shape, place), seenIn: 0 };
    });
    super(
      members.flatMap(({ shredder }) => shredder.leaves),
      maxDefinition,
    );
    this.#members = members;
    this.#byName = new Map(members.map((member) => [member.name, member]));
  }

  take(scan: JsonScan, repetition: number): void {
    if (this.tookNull(scan, 'object', repetition)) return;
    this.#objects += 1;
    const taken = scan.beginObject() ? this.#takeMembers(scan, repetition) : 0;
    if (taken === this.#members.length) return;
    for (const { seenIn, shredder } of this.#members)
      if (seenIn !== this.#objects) shredder.miss(repetition, this.definition);
  }

  /** Returns the number of different members. */
  #takeMembers(scan: JsonScan, repetition: number): number {
    let [taken, place] = [0, 0];
    do {
      const next = this.#members[place];
      const member = next !== undefined && scan.takeKey(next.keyAndColon) ? next : this.#memberOf(scan.key());
      place = member.place + 1;
      if (member.seenIn === this.#objects) {
        // The last of equal keys counts, as for JSON readers.
        member.shredder.undo();
      } else {
        member.seenIn = this.#objects;
        member.shredder.mark();
        taken += 1;
      }
      member.shredder.take(scan, repetition);
    } while (scan.nextMember());
    return taken;
  }

  #memberOf(key: string): StructMember {
    const member = this.#byName.get(key);
    if (member === undefined) throw changed(`the field ${key} is new`);
    return member;
  }
}

class ListShredder extends NestedShredder {
  readonly #element: Shredder;
  readonly #repetition: number;

  constructor(shape: Shape, { path, maxDefinition, maxRepetition }: LeafPlace) {
    const element = shredderOf(shape, {
      path: [...path, 'list', 'element'],
      // The list has an element, and the element is not null.
      maxDefinition: maxDefinition + 2,
      maxRepetition: maxRepetition + 1,
    });
    super(element.leaves, maxDefinition);
    this.#element = element;
    this.#repetition = maxRepetition + 1;
  }

  take(scan: JsonScan, repetition: number): void {
    if (this.tookNull(scan, 'array', repetition)) return;
    if (!scan.beginArray()) {
      this.miss(repetition, this.definition);
      return;
    }
    this.#element.take(scan, repetition);
    while (scan.nextElement()) this.#element.take(scan, this.#repetition);
  }
}

/**
 * The type of a column, found from its values. A value fits its type exactly, or the column holds JSON texts: no digit is lost for a nicer type (R14).
 *
 * - Integers and fractions become doubles, but only if a double holds each of the integers.
 * - Integers beyond 64 bits, fractions with more digits or a larger range than a double has, and values of different kinds become JSON texts.
 * - So do texts and names of members that UTF-8 cannot hold.
 * - An object with more members than a table should have columns becomes a JSON text, too: it is rather a dictionary.
 */
import { fitsUtf8 } from '../forms/exact-text.js';
import { isDouble } from './exact-double.js';
import type { JsonScan } from './json-scan.js';

type ShapeKind = 'null' | 'boolean' | 'integer' | 'double' | 'string' | 'struct' | 'list' | 'json';

/** Readers of Parquet need memory for each column. */
const MAX_COLUMNS = 1_000;
const MAX_MEMBERS = 256;
/** Deeper values are trees rather than records. */
const MAX_DEPTH = 16;

const INTEGER = /^-?\d+$/;
const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;

export interface ShapeLimits {
  /** The columns that were found so far. */
  columns: number;
  /** False when objects and arrays become JSON texts. */
  readonly nested: boolean;
}

/** A member of an object, as its key is usually written: quoted, and with the colon directly behind it. */
export interface Member {
  readonly name: string;
  readonly keyAndColon: string;
  /** Its place among the members. */
  readonly place: number;
  readonly shape: Shape;
}

export class Shape {
  #kind: ShapeKind = 'null';
  /** True when an integer is beyond 2^53. */
  #isBig = false;
  readonly #members = new Map<string, Member>();
  /** The members in the order of their first appearance. Most objects have this order, so the next key can be guessed. */
  #inOrder: Member[] = [];
  #element: Shape | undefined;
  readonly #limits: ShapeLimits;
  readonly #depth: number;

  constructor(limits: ShapeLimits, depth = 0) {
    this.#limits = limits;
    this.#depth = depth;
  }

  /** A struct with these members, which are there even if no value is. */
  static struct(members: ReadonlyMap<string, Shape>, limits: ShapeLimits): Shape {
    const shape = new Shape(limits);
    shape.#kind = 'struct';
    for (const [name, member] of members) shape.#add(name, member);
    return shape;
  }

  static of(kind: 'integer' | 'boolean' | 'string', limits: ShapeLimits): Shape {
    const shape = new Shape(limits);
    shape.#kind = kind;
    return shape;
  }

  /** The final kind. A column that has only nulls, and the elements of lists that are all empty, are strings. */
  get kind(): Exclude<ShapeKind, 'null'> {
    if (this.#kind === 'null') return 'string';
    return this.#kind === 'struct' && this.#members.size === 0 ? 'json' : this.#kind;
  }

  get members(): readonly Member[] {
    return this.#inOrder;
  }

  get element(): Shape {
    return (this.#element ??= new Shape(this.#limits, this.#depth + 1));
  }

  /** Takes the next value, and widens the type so that the value fits. */
  observe(scan: JsonScan): void {
    const kind = scan.kind();
    if (this.#kind === 'json' || kind === 'null') {
      scan.raw();
      return;
    }
    switch (kind) {
      case 'boolean':
        scan.boolean();
        this.#become(kind);
        return;
      case 'string':
        if (this.#become(kind)) this.#string(scan);
        else scan.raw();
        return;
      case 'number':
        this.#number(scan);
        return;
      case 'object':
        if (this.#isNestable() && this.#become('struct')) this.#object(scan);
        else this.#giveUp(scan);
        return;
      case 'array':
        if (!this.#isNestable() || !this.#become('list')) this.#giveUp(scan);
        else if (scan.beginArray()) {
          do this.element.observe(scan);
          while (scan.nextElement());
        }
    }
  }

  #isNestable(): boolean {
    return this.#limits.nested && this.#depth < MAX_DEPTH;
  }

  #giveUp(scan: JsonScan): void {
    scan.raw();
    this.#becomeJson();
  }

  #string(scan: JsonScan): void {
    if (!scan.takePlainString() && !fitsUtf8(scan.string())) this.#becomeJson();
  }

  #object(scan: JsonScan): void {
    if (!scan.beginObject()) return;
    let place = 0;
    do {
      const next = this.#inOrder[place];
      const isNext = next !== undefined && scan.takeKey(next.keyAndColon);
      const member = isNext ? next : this.#memberOf(scan.key());
      if (member === undefined) this.#giveUp(scan);
      else {
        place = member.place + 1;
        member.shape.observe(scan);
      }
    } while (scan.nextMember());
  }

  /** Returns undefined when the object has become a JSON text. */
  #memberOf(key: string): Member | undefined {
    if (this.#kind === 'json') return undefined;
    const known = this.#members.get(key);
    if (known !== undefined) return known;
    this.#limits.columns += 1;
    if (this.#members.size >= MAX_MEMBERS || this.#limits.columns > MAX_COLUMNS || !fitsUtf8(key)) return undefined;
    return this.#add(key, new Shape(this.#limits, this.#depth + 1));
  }

  #add(name: string, shape: Shape): Member {
    const member = { name, keyAndColon: `${JSON.stringify(name)}:`, place: this.#inOrder.length, shape };
    this.#members.set(name, member);
    this.#inOrder.push(member);
    return member;
  }

  #number(scan: JsonScan): void {
    if (!Number.isNaN(scan.smallInteger())) {
      if (this.#kind !== 'double') this.#become('integer');
    } else if (Number.isNaN(scan.smallFraction())) this.#longNumber(scan.scalar());
    else this.#double();
  }

  #longNumber(text: string): void {
    const number = Number(text);
    if (!INTEGER.test(text) || text === '-0') {
      if (isDouble(text, number)) this.#double();
      else this.#becomeJson();
      return;
    }
    if (!Number.isSafeInteger(number)) {
      const exact = BigInt(text);
      if (exact < INT64_MIN || exact > INT64_MAX) return this.#becomeJson();
      this.#isBig = true;
      if (this.#kind === 'double') return this.#becomeJson();
    }
    if (this.#kind !== 'double') this.#become('integer');
  }

  #double(): void {
    if (this.#isBig) return this.#becomeJson();
    if (this.#kind === 'integer') this.#kind = 'double';
    this.#become('double');
  }

  /** Returns false when the values have different kinds. */
  #become(kind: ShapeKind): boolean {
    if (this.#kind === 'null') this.#kind = kind;
    if (this.#kind === kind) return true;
    this.#becomeJson();
    return false;
  }

  #becomeJson(): void {
    this.#kind = 'json';
    this.#members.clear();
    this.#inOrder = [];
    this.#element = undefined;
  }
}

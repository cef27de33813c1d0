/**
 * The type of a column, found from its values. A value fits its type exactly, or the column holds JSON texts: no digit is lost for a nicer type (R14).
 *
 * - Integers and fractions become doubles, but only if a double holds each of the integers.
 * - Integers beyond 64 bits, fractions with more digits or a larger range than a double has, and values of different kinds become JSON texts.
 * - So do texts and names of members that UTF-8 cannot hold.
 * - An object with more members than a table should have columns becomes a JSON text, too: it is rather a dictionary.
 */
import { fitsUtf8 } from '../forms/exact-text.js';
import type { JsonScan } from './json-scan.js';

type ShapeKind = 'null' | 'boolean' | 'integer' | 'double' | 'string' | 'struct' | 'list' | 'json';

/** Readers of Parquet need memory for each column. */
const MAX_COLUMNS = 1_000;
const MAX_MEMBERS = 256;
/** Deeper values are trees rather than records. */
const MAX_DEPTH = 16;

const JSON_KINDS = {
  boolean: 'boolean',
  integer: 'number',
  double: 'number',
  string: 'string',
  struct: 'object',
  list: 'array',
} as const;

const INTEGER = /^-?\d+$/;
const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;

export interface ShapeLimits {
  /** The columns that were found so far. */
  columns: number;
  /** False when objects and arrays become JSON texts. */
  readonly nested: boolean;
}

export class Shape {
  #kind: ShapeKind = 'null';
  /** True when an integer is beyond 2^53. */
  #isBig = false;
  #hasMinusZero = false;
  readonly #members = new Map<string, Shape>();
  #element: Shape | undefined;
  #blank: Record<string, unknown> | undefined;
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
    for (const [name, member] of members) shape.#members.set(name, member);
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

  get members(): ReadonlyMap<string, Shape> {
    return this.#members;
  }

  get element(): Shape {
    return (this.#element ??= new Shape(this.#limits, this.#depth + 1));
  }

  /** A dictionary would make it a plain zero. */
  get hasMinusZero(): boolean {
    const below = [...this.#members.values(), ...(this.#element === undefined ? [] : [this.#element])];
    return this.#hasMinusZero || below.some((shape) => shape.hasMinusZero);
  }

  /**
   * Returns a struct whose members are all null. Each is the value's own property, so that a member may have any name, such as `constructor`. A
   * copy is many times as fast as an object without a prototype.
   */
  blank(): Record<string, unknown> {
    this.#blank ??= Object.fromEntries([...this.#members.keys()].map((name) => [name, null]));
    return { ...this.#blank };
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
        scan.raw();
        this.#become(kind);
        return;
      case 'string':
        if (!this.#become(kind)) scan.raw();
        else if (!fitsUtf8(scan.string())) this.#becomeJson();
        return;
      case 'number':
        this.#number(scan.scalar());
        return;
      case 'object':
        if (this.#isNestable() && this.#become('struct')) scan.object((key) => this.#member(key, scan));
        else this.#giveUp(scan);
        return;
      case 'array':
        if (this.#isNestable() && this.#become('list')) scan.array(() => this.element.observe(scan));
        else this.#giveUp(scan);
    }
  }

  #isNestable(): boolean {
    return this.#limits.nested && this.#depth < MAX_DEPTH;
  }

  #giveUp(scan: JsonScan): void {
    scan.raw();
    this.#becomeJson();
  }

  #member(key: string, scan: JsonScan): void {
    if (this.#kind === 'json') {
      scan.raw();
      return;
    }
    let member = this.#members.get(key);
    if (member === undefined) {
      this.#limits.columns += 1;
      if (this.#members.size >= MAX_MEMBERS || this.#limits.columns > MAX_COLUMNS || !fitsUtf8(key)) {
        this.#giveUp(scan);
        return;
      }
      member = new Shape(this.#limits, this.#depth + 1);
      this.#members.set(key, member);
    }
    member.observe(scan);
  }

  #number(text: string): void {
    const number = Number(text);
    if (INTEGER.test(text) && text !== '-0') {
      if (!Number.isSafeInteger(number)) {
        const exact = BigInt(text);
        if (exact < INT64_MIN || exact > INT64_MAX) return this.#becomeJson();
        this.#isBig = true;
        if (this.#kind === 'double') return this.#becomeJson();
      }
      if (this.#kind !== 'double') this.#become('integer');
      return;
    }
    if (!isDouble(text, number) || this.#isBig) return this.#becomeJson();
    if (Object.is(number, -0)) this.#hasMinusZero = true;
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
    this.#element = undefined;
  }
}

/** Every decimal number with so many digits comes back from a double. */
const SAFE_DIGITS = 15;
const LEAST_NORMAL = 2 ** -1022;
/** `toPrecision` takes no more digits than these. */
const MOST_DIGITS = 100;

/**
 * True when the double has the digits of the text, written as JavaScript writes it or with as many digits as the text has. The two may differ: of two
 * texts at the same distance from the double, `toPrecision` takes the larger one.
 */
function isDouble(text: string, number: number): boolean {
  if (!Number.isFinite(number)) return false;
  if (text.length <= SAFE_DIGITS && Math.abs(number) >= LEAST_NORMAL) return true;
  const digits = digitsOf(text);
  if (digits === '') return true; // zero
  if (digits.length <= SAFE_DIGITS && Math.abs(number) >= LEAST_NORMAL) return true;
  if (digitsOf(String(number)) === digits) return true;
  return digits.length <= MOST_DIGITS && digitsOf(number.toPrecision(digits.length)) === digits;
}

/** The digits of a number without the zeros at its ends. */
const digitsOf = (text: string): string =>
  text
    .replace(/[eE].*$/, '')
    .replace(/[-.]/g, '')
    .replace(/^0+|0+$/g, '');

/** Takes the next value, which the shape has seen before. */
export function readValue(scan: JsonScan, shape: Shape): unknown {
  if (scan.kind() === 'null') {
    scan.scalar();
    return null;
  }
  const { kind } = shape;
  // While a job runs, a later reading may find other values than the first one.
  if (kind !== 'json' && scan.kind() !== JSON_KINDS[kind])
    throw new Error(
      `The results have changed while they were read: a value is no ${kind} now. Fetch the results again.`,
    );
  switch (kind) {
    case 'boolean':
      return scan.scalar() === 'true';
    case 'integer':
      return BigInt(scan.scalar());
    case 'double':
      return Number(scan.scalar());
    case 'string':
      return scan.string();
    case 'json':
      return scan.raw();
    case 'list': {
      const values: unknown[] = [];
      scan.array(() => values.push(readValue(scan, shape.element)));
      return values;
    }
    case 'struct': {
      const value = shape.blank();
      scan.object((key) => {
        const member = shape.members.get(key);
        if (member === undefined)
          throw new Error(
            `The results have changed while they were read: the field ${key} is new. Fetch the results again.`,
          );
        value[key] = readValue(scan, member);
      });
      return value;
    }
  }
}

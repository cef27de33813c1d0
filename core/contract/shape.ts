/**
 * Data that others wrote is input (R13): an object of the bucket, a message, an event. A codec beside each type says in these words what the type's JSON
 * looks like; what is not of that shape is undefined, and its caller treats it as missing.
 *
 * Invariants:
 * - A value is built anew from the fields that were checked: nothing else of what was read gets any further.
 * - A type's fields and its codec's are the same ones: `object` and `oneOf` do not compile when one of them is forgotten.
 * - Everything is bounded: texts are cut or refused, lists and records have a longest length, numbers are finite and in range.
 * - This is the only place where JSON of others is parsed (eslint.config.js).
 */
import { printable, printableLines } from '../printable.js';

const INVALID: unique symbol = Symbol('invalid');
export type Shape<T> = (value: unknown) => T | typeof INVALID;

export interface Optional<T> {
  readonly optional: Shape<T>;
}

/** For each field of `T` its shape; optional ones are marked as such. */
export type Fields<T> = {
  readonly [K in keyof T]-?: object extends Pick<T, K> ? Optional<Exclude<T[K], undefined>> : Shape<T[K]>;
};

/** Undefined for what is not JSON; no JSON text is `undefined`. */
export function parseJson(text: string | Uint8Array): unknown {
  try {
    const characters = typeof text === 'string' ? text : new TextDecoder('utf-8', { fatal: true }).decode(text);
    return JSON.parse(characters) as unknown;
  } catch {
    return undefined;
  }
}

/** Undefined for what is not JSON, not UTF-8, or of another shape. */
export const decode = <T>(shape: Shape<T>, text: string | Uint8Array): T | undefined => check(shape, parseJson(text));

export function check<T>(shape: Shape<T>, value: unknown): T | undefined {
  const read = shape(value);
  return read === INVALID ? undefined : read;
}

/** An object with these fields; others are left behind. */
export function object<T extends object>(fields: Fields<T>): Shape<T> {
  const names = Object.keys(fields) as (keyof T & string)[];
  return (value) => {
    if (!isObject(value)) return INVALID;
    const read: Partial<Record<keyof T & string, unknown>> = {};
    for (const name of names) {
      const shape: Optional<unknown> | Shape<unknown> = fields[name];
      const given = Object.hasOwn(value, name) ? value[name] : undefined;
      if (typeof shape !== 'function' && given === undefined) continue;
      const field = (typeof shape === 'function' ? shape : shape.optional)(given);
      if (field === INVALID) return INVALID;
      read[name] = field;
    }
    return read as T;
  };
}

export const optional = <T>(shape: Shape<T>): Optional<T> => ({ optional: shape });

/** Texts for programs, which are compared or become parts of keys: a longer one is refused, not cut. */
export const text =
  (most: number, pattern?: RegExp): Shape<string> =>
  (value) =>
    typeof value === 'string' && value.length <= most && (pattern?.test(value) ?? true) ? value : INVALID;

/** Words for people, on one line: made printable, and cut. */
export const words =
  (most: number): Shape<string> =>
  (value) =>
    typeof value === 'string' ? printable(value.slice(0, most)) : INVALID;

/** The same over several lines, such as the log of a model. */
export const linesOfWords =
  (most: number): Shape<string> =>
  (value) =>
    typeof value === 'string' ? printableLines(value.slice(0, most)) : INVALID;

/** Finite, since JSON knows nothing else but `1e999`. */
export const number =
  (least: number, most: number): Shape<number> =>
  (value) =>
    typeof value === 'number' && value >= least && value <= most ? value : INVALID;

export const integer =
  (least: number, most: number): Shape<number> =>
  (value) =>
    Number.isSafeInteger(value) ? number(least, most)(value) : INVALID;

/** A number of things, or of milliseconds or bytes. */
export const count: Shape<number> = integer(0, Number.MAX_SAFE_INTEGER);

export const flag: Shape<boolean> = (value) => (typeof value === 'boolean' ? value : INVALID);

/** Exactly this. */
export const just =
  <const T extends string | number | boolean>(wanted: T): Shape<T> =>
  (value) =>
    value === wanted ? wanted : INVALID;

/** One of these names; all of the type's. */
export const oneOf =
  <T extends string>(names: Readonly<Record<T, true>>): Shape<T> =>
  (value) =>
    typeof value === 'string' && Object.hasOwn(names, value) ? (value as T) : INVALID;

export const list =
  <T>(shape: Shape<T>, most: number): Shape<readonly T[]> =>
  (value) => {
    if (!Array.isArray(value) || value.length > most) return INVALID;
    const read: T[] = [];
    for (const entry of value as readonly unknown[]) {
      const item = shape(entry);
      if (item === INVALID) return INVALID;
      read.push(item);
    }
    return read;
  };

export const record =
  <T>(
    shape: Shape<T>,
    bounds: { readonly name: Shape<string>; readonly most: number },
  ): Shape<Readonly<Record<string, T>>> =>
  (value) => {
    if (!isObject(value)) return INVALID;
    const entries = Object.entries(value);
    if (entries.length > bounds.most) return INVALID;
    const read: [string, T][] = [];
    for (const [name, entry] of entries) {
      const item = shape(entry);
      if (item === INVALID || bounds.name(name) === INVALID) return INVALID;
      read.push([name, item]);
    }
    return Object.fromEntries(read);
  };

/** The first that fits. */
export const either =
  <A, B>(first: Shape<A>, second: Shape<B>): Shape<A | B> =>
  (value) => {
    const read = first(value);
    return read === INVALID ? second(value) : read;
  };

/** A value of the shape that also meets a condition. */
export const where =
  <T>(shape: Shape<T>, holds: (value: T) => boolean): Shape<T> =>
  (value) => {
    const read = shape(value);
    return read === INVALID || !holds(read) ? INVALID : read;
  };

/** A time that people read. */
export const time: Shape<string> = words(64);

/** One that is reckoned with. */
export const instant: Shape<string> = where(text(64), (value) => !Number.isNaN(Date.parse(value)));

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * The parts that codecs are made of. Data that others wrote is input (R13): an object of the bucket, a message, an event. A codec beside each type
 * describes the type's JSON with these shapes. Data of another shape decodes to undefined, and the caller treats it as missing.
 *
 * Invariants:
 * - A value is built anew from the fields that were checked: no other field gets any further.
 * - A type and its codec have the same fields: `object` and `oneOf` do not compile when one is forgotten.
 * - Everything is bounded: texts are cut or refused, lists and records have a longest length, numbers are finite and in range.
 * - This is the only place where JSON of others is parsed (eslint.config.js).
 */
import { printable, printableLines } from '../printable.js';

const INVALID: unique symbol = Symbol('invalid');
export type Shape<T> = (value: unknown) => T | typeof INVALID;

export interface Optional<T> {
  readonly optional: Shape<T>;
}

/** The shape of each field of `T`; optional fields are marked as such. */
export type Fields<T> = {
  readonly [K in keyof T]-?: object extends Pick<T, K> ? Optional<Exclude<T[K], undefined>> : Shape<T[K]>;
};

/** Returns undefined for text that is not JSON; no JSON text has the value undefined. */
export function parseJson(text: string | Uint8Array): unknown {
  try {
    const characters = typeof text === 'string' ? text : new TextDecoder('utf-8', { fatal: true }).decode(text);
    return JSON.parse(characters) as unknown;
  } catch {
    return undefined;
  }
}

/** Returns undefined for text that is not JSON, not UTF-8, or of another shape. */
export const decode = <T>(shape: Shape<T>, text: string | Uint8Array): T | undefined => check(shape, parseJson(text));

export function check<T>(shape: Shape<T>, value: unknown): T | undefined {
  const read = shape(value);
  return read === INVALID ? undefined : read;
}

/** An object with these fields; other fields are left out. */
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

/** A text for programs, which is compared or becomes a part of keys: a longer text is refused, not cut. */
export const text =
  (most: number, pattern?: RegExp): Shape<string> =>
  (value) =>
    typeof value === 'string' && value.length <= most && (pattern?.test(value) ?? true) ? value : INVALID;

/** A text for people, on one line: it is made printable, and cut. */
export const words =
  (most: number): Shape<string> =>
  (value) =>
    typeof value === 'string' ? printable(value.slice(0, most)) : INVALID;

/** A text for people over several lines, such as the log of a model. */
export const linesOfWords =
  (most: number): Shape<string> =>
  (value) =>
    typeof value === 'string' ? printableLines(value.slice(0, most)) : INVALID;

/** A number within bounds, which must be finite: JSON's `1e999` parses to Infinity. */
export const number =
  (least: number, most: number): Shape<number> =>
  (value) =>
    typeof value === 'number' && value >= least && value <= most ? value : INVALID;

export const integer =
  (least: number, most: number): Shape<number> =>
  (value) =>
    Number.isSafeInteger(value) ? number(least, most)(value) : INVALID;

/** A whole number of things, milliseconds or bytes. */
export const count: Shape<number> = integer(0, Number.MAX_SAFE_INTEGER);

export const flag: Shape<boolean> = (value) => (typeof value === 'boolean' ? value : INVALID);

/** Exactly this value and no other. */
export const just =
  <const T extends string | number | boolean>(wanted: T): Shape<T> =>
  (value) =>
    value === wanted ? wanted : INVALID;

/** One of these names, which are all names of the type. */
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

/** The first of two shapes that fits. */
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

/** A time for people, which is not parsed. */
export const time: Shape<string> = words(64);

/** A time that programs calculate with. */
export const instant: Shape<string> = where(text(64), (value) => !Number.isNaN(Date.parse(value)));

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

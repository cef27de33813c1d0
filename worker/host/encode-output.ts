/**
 * Encodes a model's output as JSON text. `JSON.stringify` silently drops or changes values that JSON cannot express;
 * here they are errors that name the value and its place. Values that JSON can express are written: typed arrays as
 * arrays, a BigInt with all its digits, -0 with its sign.
 */
import { types } from 'node:util';

/** How NaN and the infinities are handled: as an error, or as null. */
export type NanRule = 'error' | 'null';

/** Throws an error whose message is a sentence without its full stop. */
export function encodeOutput(output: unknown, nan: NanRule): string {
  return isOrdinary(output) ? JSON.stringify(output) : new OutputWriter(nan).write(output);
}

/**
 * For these outputs `JSON.stringify` gives the same text. It is several times faster than the writer, and most outputs
 * are of this kind.
 */
function isOrdinary(output: unknown): boolean {
  try {
    return isOrdinaryValue(output);
  } catch {
    // The value is nested too deeply, or has a getter that throws. The writer names its place.
    return false;
  }
}

function isOrdinaryValue(value: unknown): boolean {
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return true;
  if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0);
  if (typeof value !== 'object' || 'toJSON' in value) return false;
  if (Array.isArray(value)) {
    // The loop goes by index, because a hole is undefined, which a list must not contain.
    for (let at = 0; at < value.length; at += 1) if (!isOrdinaryValue(value[at])) return false;
    return true;
  }
  // Only `arguments` has the ordinary prototype and can be iterated over.
  if (!isPlain(value) || Symbol.iterator in value) return false;
  for (const key in value) {
    const member = (value as Record<string, unknown>)[key];
    if (member !== undefined && !isOrdinaryValue(member)) return false;
  }
  return true;
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** Objects without fields of their own, or whose fields are not their content. */
const OPAQUE: readonly (readonly [(value: object) => boolean, string])[] = [
  [types.isMap, 'a Map; Object.fromEntries(map) and [...map] are JSON'],
  [types.isSet, 'a Set; [...set] is JSON'],
  [types.isAnyArrayBuffer, 'an ArrayBuffer; new Uint8Array(buffer) is JSON'],
  [types.isDataView, 'a DataView'],
  [isThenable, 'a promise; await it'],
  [types.isNativeError, 'an Error'],
  [types.isRegExp, 'a regular expression'],
  [types.isWeakMap, 'a WeakMap'],
  [types.isWeakSet, 'a WeakSet'],
  [types.isArgumentsObject, 'an arguments object; [...arguments] is JSON'],
];

export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

export type TypedArray = ArrayBufferView & ArrayLike<unknown>;

export const isTypedArray = (value: unknown): value is TypedArray =>
  ArrayBuffer.isView(value) && !types.isDataView(value);

const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;

class NoJson extends Error {}

/** Returns the text of anything that was thrown or was the reason of a rejection, even of a value without a text. */
export function textOfThrown(thrown: unknown): string {
  try {
    return String(thrown instanceof Error ? thrown.message : thrown);
  } catch {
    return 'an object without a text';
  }
}

class OutputWriter {
  readonly #path: (string | number)[] = [];
  /** The objects that are being written. An object that is met again contains itself. */
  readonly #open = new Set<object>();

  readonly #nan: NanRule;

  constructor(nan: NanRule) {
    this.#nan = nan;
  }

  write(output: unknown): string {
    try {
      return this.#value(output, '');
    } catch (error) {
      if (error instanceof NoJson) throw error;
      if (error instanceof RangeError && error.message.includes('call stack')) {
        this.#path.length = 0;
        return this.#fail('nested too deeply');
      }
      // A getter or a toJSON of the model's own threw it, at the place that the writer had reached.
      throw new NoJson(`${this.#place} cannot be read: ${textOfThrown(error)}`);
    }
  }

  #value(given: unknown, key: string): string {
    const value = isTypedArray(given) ? given : this.#afterToJson(given, key);
    switch (typeof value) {
      case 'string':
        return JSON.stringify(value);
      case 'boolean':
      case 'bigint':
        return String(value);
      case 'number':
        return this.#number(value);
      case 'undefined':
        return this.#fail('undefined');
      case 'function':
      case 'symbol':
        return this.#fail(`a ${typeof value}`);
      case 'object':
        return value === null ? 'null' : this.#object(value, key);
    }
  }

  /** Calls toJSON as `JSON.stringify` does. */
  #afterToJson(value: unknown, key: string): unknown {
    if ((typeof value !== 'object' && typeof value !== 'bigint') || value === null) return value;
    if (types.isDate(value) && Number.isNaN(value.getTime())) return this.#fail('an invalid Date');
    const { toJSON } = value as { readonly toJSON?: unknown };
    return typeof toJSON === 'function' ? (toJSON.call(value, key) as unknown) : value;
  }

  #number(value: number): string {
    if (Object.is(value, -0)) return '-0';
    if (Number.isFinite(value)) return String(value);
    if (this.#nan === 'null') return 'null';
    return this.#fail(`${value}; give null, or submit the job with --nan null`);
  }

  #object(value: object, key: string): string {
    if (types.isBoxedPrimitive(value)) return this.#value(value.valueOf(), key);
    if (this.#open.has(value)) return this.#fail('circular: it contains itself');
    this.#open.add(value);
    const isList = Array.isArray(value) || isTypedArray(value);
    const text = isList ? this.#list(value as ArrayLike<unknown>) : this.#fields(value);
    this.#open.delete(value);
    return text;
  }

  #list(list: ArrayLike<unknown>): string {
    const texts: string[] = [];
    for (let at = 0; at < list.length; at += 1) {
      this.#path.push(at);
      texts.push(this.#value(list[at], String(at)));
      this.#path.pop();
    }
    return `[${texts.join(',')}]`;
  }

  #fields(value: object): string {
    const opaque = OPAQUE.find(([is]) => is(value));
    if (opaque !== undefined) return this.#fail(opaque[1]);
    const keys = Object.keys(value);
    if (keys.length === 0 && !isPlain(value)) return this.#fail(`${nameOf(value)} without fields of its own`);
    const texts: string[] = [];
    for (const key of keys) {
      this.#path.push(key);
      const member = (value as Record<string, unknown>)[key];
      // A field whose value is undefined is left out.
      if (member !== undefined) texts.push(`${JSON.stringify(key)}:${this.#value(member, key)}`);
      this.#path.pop();
    }
    return `{${texts.join(',')}}`;
  }

  #fail(what: string): never {
    throw new NoJson(`${this.#place} is ${what}`);
  }

  get #place(): string {
    const path = this.#path.map((key) => {
      if (typeof key === 'number') return `[${key}]`;
      return IDENTIFIER.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
    });
    return `output${path.join('')}`;
  }
}

function nameOf(value: object): string {
  const name: unknown = value.constructor?.name;
  return typeof name === 'string' && name !== '' ? `an object of the class ${name}` : 'an object';
}

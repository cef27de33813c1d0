/** Reads the parameters of a request by name and type; a wrong type is the protocol's SerializationException. */
import { invalidParameter, missingParameter, SqsError } from './errors.js';

export type JsonValue =
  string | number | boolean | null | readonly JsonValue[] | { readonly [name: string]: JsonValue };
export type JsonObject = Readonly<Record<string, JsonValue>>;

export class Input {
  readonly #values: Readonly<Record<string, unknown>>;

  constructor(values: unknown, what = 'The request') {
    if (!isRecord(values)) throw new SqsError('SerializationException', `${what} must be a JSON object.`);
    this.#values = values;
  }

  names(): readonly string[] {
    return Object.keys(this.#values);
  }

  text(name: string): string | undefined {
    const value = this.#value(name);
    if (value === undefined || typeof value === 'string') return value;
    throw wrongKind(name, 'a string');
  }

  requiredText(name: string): string {
    const value = this.text(name);
    if (value === undefined || value === '') throw missingParameter(name);
    return value;
  }

  integer(name: string): number | undefined {
    const value = this.#value(name);
    if (value === undefined) return undefined;
    if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
    throw wrongKind(name, 'an integer');
  }

  /** Reads an integer within bounds; `reason` is AWS's wording where it differs from the usual one. */
  integerWithin(name: string, least: number, most: number, reason?: string): number | undefined {
    const value = this.integer(name);
    if (value === undefined || (value >= least && value <= most)) return value;
    throw invalidParameter(name, value, reason ?? `Must be between ${least} and ${most}, if provided.`);
  }

  texts(name: string): readonly string[] {
    return this.#list(name).map((value) => {
      if (typeof value === 'string') return value;
      throw wrongKind(name, 'a list of strings');
    });
  }

  objects(name: string): readonly Input[] {
    return this.#list(name).map((value) => new Input(value, `Each element of ${name}`));
  }

  object(name: string): Input | undefined {
    const value = this.#value(name);
    return value === undefined ? undefined : new Input(value, name);
  }

  textMap(name: string): ReadonlyMap<string, string> {
    const object = this.object(name);
    return new Map(object?.names().map((key) => [key, object.text(key) ?? '']));
  }

  has(name: string): boolean {
    return this.#value(name) !== undefined;
  }

  #list(name: string): readonly unknown[] {
    const value = this.#value(name);
    if (value === undefined) return [];
    if (Array.isArray(value)) return value as readonly unknown[];
    throw wrongKind(name, 'a list');
  }

  /** A null counts as absent, as in AWS's own JSON protocols. */
  #value(name: string): unknown {
    return Object.hasOwn(this.#values, name) ? (this.#values[name] ?? undefined) : undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const wrongKind = (name: string, kind: string): SqsError =>
  new SqsError('SerializationException', `${name} must be ${kind}.`);

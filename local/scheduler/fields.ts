/**
 * Reads the members of a request and collects their violations: AWS lists all of them in one ValidationException.
 * https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html
 */
import { invalid, SchedulerError } from './errors.js';

interface Length {
  readonly min: number;
  readonly max: number;
  readonly pattern?: RegExp;
}

/** One answer shows at most this many violations. */
const MAX_SHOWN = 10;
/** This much of a value suffices to recognize it. */
const SHOWN_LENGTH = 256;

export class Fields {
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #path: string;
  readonly #violations: string[];

  private constructor(values: Readonly<Record<string, unknown>>, path: string, violations: string[]) {
    this.#values = values;
    this.#path = path;
    this.#violations = violations;
  }

  static of(values: Readonly<Record<string, unknown>>): Fields {
    return new Fields(values, '', []);
  }

  static record(body: unknown): Readonly<Record<string, unknown>> {
    if (isRecord(body)) return body;
    throw new SchedulerError('SerializationException', 'The request must be a JSON object.');
  }

  /** Throws if any member that was read violates its constraints. */
  check(): void {
    const count = this.#violations.length;
    if (count === 0) return;
    const shown = this.#violations.slice(0, MAX_SHOWN).join('; ');
    throw invalid(`${count} validation error${count === 1 ? '' : 's'} detected: ${shown}`);
  }

  names(): readonly string[] {
    return Object.keys(this.#values).filter((name) => this.has(name));
  }

  has(name: string): boolean {
    return this.#value(name) !== undefined;
  }

  text(name: string, { min, max, pattern }: Length): string | undefined {
    const value = this.#value(name);
    if (value === undefined) return undefined;
    if (typeof value !== 'string') throw this.#wrongKind(name, 'a string');
    if (value.length > max) this.#violated(name, value, `Member must have length less than or equal to ${max}`);
    if (value.length < min) this.#violated(name, value, `Member must have length greater than or equal to ${min}`);
    if (pattern !== undefined && !pattern.test(value)) {
      const plain = pattern.source.replace(/^\^|\$$/g, '');
      this.#violated(name, value, `Member must satisfy regular expression pattern: ${plain}`);
    }
    return value;
  }

  requiredText(name: string, length: Length): string {
    return this.text(name, length) ?? this.#missing(name, '');
  }

  integer(name: string, range: { readonly min: number; readonly max: number }): number | undefined {
    const value = this.#value(name);
    if (value === undefined) return undefined;
    if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw this.#wrongKind(name, 'an integer');
    if (value < range.min) this.#violated(name, value, `Member must have value greater than or equal to ${range.min}`);
    if (value > range.max) this.#violated(name, value, `Member must have value less than or equal to ${range.max}`);
    return value;
  }

  /** The protocol sends times as seconds since 1970. */
  timestamp(name: string): number | undefined {
    const value = this.#value(name);
    if (value === undefined || (typeof value === 'number' && Number.isFinite(value))) return value;
    throw this.#wrongKind(name, 'a number of seconds');
  }

  oneOf<Value extends string>(name: string, values: readonly Value[]): Value | undefined {
    const value = this.#value(name);
    if (value === undefined) return undefined;
    if (typeof value !== 'string') throw this.#wrongKind(name, 'a string');
    const found = values.find((candidate) => candidate === value);
    if (found === undefined) {
      this.#violated(name, value, `Member must satisfy enum value set: [${values.join(', ')}]`);
    }
    return found;
  }

  requiredOneOf<Value extends string>(name: string, values: readonly [Value, ...Value[]]): Value {
    return this.has(name) ? (this.oneOf(name, values) ?? values[0]) : this.#missing(name, values[0]);
  }

  object(name: string): Fields | undefined {
    const value = this.#value(name);
    if (value === undefined) return undefined;
    if (!isRecord(value)) throw this.#wrongKind(name, 'an object');
    return new Fields(value, `${this.#pathOf(name)}.`, this.#violations);
  }

  requiredObject(name: string): Fields {
    const found = this.object(name);
    if (found !== undefined) return found;
    this.#missing(name, undefined);
    this.check();
    throw new Error('check() throws: a violation was just added.');
  }

  #missing<Value>(name: string, instead: Value): Value {
    this.#violations.push(
      `Value null at '${this.#pathOf(name)}' failed to satisfy constraint: Member must not be null`,
    );
    return instead;
  }

  #violated(name: string, value: string | number, constraint: string): void {
    const shown = String(value).slice(0, SHOWN_LENGTH);
    this.#violations.push(`Value '${shown}' at '${this.#pathOf(name)}' failed to satisfy constraint: ${constraint}`);
  }

  #wrongKind(name: string, kind: string): SchedulerError {
    return new SchedulerError('SerializationException', `${this.#pathOf(name)} must be ${kind}.`);
  }

  /** A null counts as absent, as in AWS's own JSON protocols. */
  #value(name: string): unknown {
    return Object.hasOwn(this.#values, name) ? (this.#values[name] ?? undefined) : undefined;
  }

  #pathOf(name: string): string {
    return `${this.#path}${name.charAt(0).toLowerCase()}${name.slice(1)}`;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * The parameters of an EC2 Query request: `A.B.1.C=value` is a tree whose numbered children are lists, counted from
 * 1.
 */
import { countOf } from '../http/count-of.js';
import { Ec2Error, invalidValue, missingParameter } from './errors.js';
import type { XmlRecord, XmlValue } from './xml.js';

/** Requests of spotpool have below a hundred parameters; above this number a request is an attack on memory. */
const MAX_PARAMETERS = 10_000;
/** The deepest parameter of the EC2 API has below ten names. */
const MAX_LEVELS = 20;

const tooMany = (count: number): Ec2Error =>
  invalidValue('request', `${count} parameters`, 'There are too many parameters.');

export class Query {
  readonly #children = new Map<string, Query>();
  #value: string | undefined;

  private constructor(readonly path: string) {}

  /** Parses a form; the parameters are counted before they are split. */
  static read(text: string): Query {
    const count = countOf('&', text) + 1;
    if (count > MAX_PARAMETERS) throw tooMany(count);
    return Query.parse(new URLSearchParams(text));
  }

  static parse(form: URLSearchParams): Query {
    const root = new Query('');
    if (form.size > MAX_PARAMETERS) throw tooMany(form.size);
    for (const [key, value] of form) {
      let node = root;
      const names = key.split('.');
      if (names.length > MAX_LEVELS) throw invalidValue('request', key.slice(0, 100), 'It is nested too deeply.');
      for (const name of names) node = node.#grow(name);
      node.#value = value;
    }
    return root;
  }

  has(name: string): boolean {
    return this.#children.has(name);
  }

  string(name: string): string | undefined {
    return this.child(name).#value;
  }

  required(name: string): string {
    const value = this.string(name);
    if (value === undefined || value === '') throw missingParameter(this.#pathOf(name));
    return value;
  }

  integer(name: string, range: { readonly min: number; readonly max: number }): number | undefined {
    const text = this.string(name);
    if (text === undefined) return undefined;
    const value = Number(text);
    if (!/^-?\d+$/.test(text) || value < range.min || value > range.max) {
      throw invalidValue(this.#pathOf(name), text, `It must be a whole number from ${range.min} to ${range.max}.`);
    }
    return value;
  }

  boolean(name: string): boolean | undefined {
    const text = this.string(name)?.toLowerCase();
    if (text === undefined) return undefined;
    if (text !== 'true' && text !== 'false') throw invalidValue(this.#pathOf(name), text, 'It must be true or false.');
    return text === 'true';
  }

  timeMs(name: string): number | undefined {
    const text = this.string(name);
    if (text === undefined) return undefined;
    const timeMs = Date.parse(text);
    if (Number.isNaN(timeMs)) throw invalidValue(this.#pathOf(name), text, 'It must be a time in ISO 8601.');
    return timeMs;
  }

  oneOf<Value extends string>(name: string, values: readonly Value[]): Value | undefined {
    const text = this.string(name);
    if (text === undefined) return undefined;
    const value = values.find((candidate) => candidate === text);
    if (value === undefined) throw invalidValue(this.#pathOf(name), text, `It must be one of: ${values.join(', ')}.`);
    return value;
  }

  child(name: string): Query {
    return this.#children.get(name) ?? new Query(this.#pathOf(name));
  }

  /** Refuses all other names: a parameter that is not understood may change the meaning, so it must not be ignored. */
  only(names: Iterable<string>): this {
    const allowed = new Set(names);
    for (const name of this.#children.keys()) {
      if (allowed.has(name)) continue;
      throw new Ec2Error(
        'UnknownParameter',
        `The parameter ${this.#pathOf(name)} is not recognized by the local cloud`,
      );
    }
    return this;
  }

  /**
   * Returns the same text for the same parameters in any order, without those that are left out. Idempotency
   * compares it.
   */
  canonical(without: readonly string[] = []): string {
    const children = [...this.#children].filter(([name]) => !without.includes(name));
    const sorted = children.sort(([one], [other]) => (one < other ? -1 : 1));
    return JSON.stringify([this.#value ?? null, ...sorted.map(([name, node]) => [name, node.canonical(without)])]);
  }

  /** Returns the list's elements in the order of their numbers. */
  list(name: string): readonly Query[] {
    return [...this.child(name).#children]
      .filter(([number]) => /^\d+$/.test(number))
      .sort(([one], [other]) => Number(one) - Number(other))
      .map(([, item]) => item);
  }

  strings(name: string): readonly string[] {
    return this.list(name)
      .map((item) => item.#value)
      .filter((value) => value !== undefined);
  }

  /**
   * Converts the parameters to the form of answers: names begin in lower case, and a list with a singular name ends
   * in `Set` (`BlockDeviceMapping.1` becomes `blockDeviceMappingSet`; `Overrides.1` and the Spot Fleet's
   * `AllowedInstanceTypeSet.1` stay).
   */
  echo(): XmlRecord {
    const record: Record<string, XmlValue> = {};
    for (const [name, node] of this.#children) {
      const isList = node.#children.size > 0 && [...node.#children.keys()].every((key) => /^\d+$/.test(key));
      const answerName = name.charAt(0).toLowerCase() + name.slice(1);
      if (!isList) record[answerName] = node.#echoValue();
      else
        record[/(s|Set)$/.test(name) ? answerName : `${answerName}Set`] = this.list(name).map((item) =>
          item.#echoValue(),
        );
    }
    return record;
  }

  /** Returns a copy of `base` in which this query's names replace those of `base`. */
  over(base: Query): Query {
    const merged = new Query(this.path);
    for (const [name, node] of [...base.#children, ...this.#children]) merged.#children.set(name, node);
    return merged;
  }

  #echoValue(): XmlValue {
    return this.#children.size === 0 ? (this.#value ?? '') : this.echo();
  }

  #grow(name: string): Query {
    const known = this.#children.get(name);
    if (known !== undefined) return known;
    const grown = new Query(this.#pathOf(name));
    this.#children.set(name, grown);
    return grown;
  }

  #pathOf(name: string): string {
    return this.path === '' ? name : `${this.path}.${name}`;
  }
}

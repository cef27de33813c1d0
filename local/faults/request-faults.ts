/**
 * Deliberate faults of requests, for any service. Rules say which requests are hit, how likely, and how often.
 * There are none by default; rules come and go while the cloud runs. The same seed and the same order of requests
 * give the same faults.
 *
 * The first rule that strikes decides a request's fault; the delays of `slow` rules add up.
 */
import type { Service } from '../http/service.js';
import { type Random, seededRandom } from '../market/random.js';

export type FaultyService = Exclude<Service['name'], 'admin'>;
export const FAULTY_SERVICES: readonly FaultyService[] = ['sqs', 's3', 'ec2', 'scheduler', 'sts'];

/**
 * - `throttle`, `500`, `503`: the request is refused in the service's own words and has no effect.
 * - `reset-before`: the connection is reset and the request has no effect.
 * - `reset-after`: the request takes effect, and the connection is reset instead of an answer.
 * - `slow`: the request waits `delayMs` first.
 */
export const FAULTS = ['throttle', '500', '503', 'reset-before', 'reset-after', 'slow'] as const;
export type Fault = (typeof FAULTS)[number];

export interface FaultRule {
  readonly service: FaultyService;
  /** The action's name as AWS spells it; `*` stands for any characters. The default is every action. */
  readonly action?: string;
  readonly fault: Fault;
  /** The probability that a matching request is hit, from 0 to 1. The default is 1. */
  readonly rate?: number;
  /** The most requests that the rule hits. The default is no limit. */
  readonly times?: number;
  /** The number of matching requests that pass before the rule may hit one. */
  readonly after?: number;
  /** The delay of `slow` in milliseconds, or the least and the most. */
  readonly delayMs?: number | readonly [number, number];
}

export interface ListedFault extends FaultRule {
  readonly id: string;
  /** The number of requests that the rule was checked against. */
  readonly matched: number;
  /** The number of requests that the rule hit. */
  readonly struck: number;
}

export interface Strike {
  readonly delayMs: number;
  readonly fault: Exclude<Fault, 'slow'> | undefined;
}

/** An invalid rule; its message explains what is wrong. */
export class FaultRuleError extends Error {
  override readonly name = 'FaultRuleError';
}

/** Each request checks every rule, and a test needs only a few. */
const MAX_RULES = 100;
/** No client waits longer than this. Several rules can add up to a longer delay. */
const MAX_DELAY_MS = 600_000;

interface Held {
  readonly id: string;
  readonly rule: FaultRule;
  readonly pattern: RegExp;
  readonly random: Random;
  matched: number;
  struck: number;
}

export class RequestFaults {
  #rules: readonly Held[] = [];
  #made = 0;

  readonly #seed: number;

  constructor(seed = 0) {
    this.#seed = seed;
  }

  /** Adds a rule; the returned function removes it. */
  add(rule: FaultRule): () => void {
    const { id } = this.put(rule);
    return () => void this.remove(id);
  }

  put(rule: FaultRule): ListedFault {
    checkRule(rule);
    if (this.#rules.length >= MAX_RULES)
      throw new FaultRuleError(`There are already ${MAX_RULES} rules, which is the maximum. Remove some first.`);
    this.#made += 1;
    const id = `fault-${this.#made}`;
    const random = seededRandom(this.#seed, `request ${id}`);
    const held: Held = { id, rule, pattern: patternOf(rule.action ?? '*'), random, matched: 0, struck: 0 };
    this.#rules = [...this.#rules, held];
    return listed(held);
  }

  remove(id: string): boolean {
    const before = this.#rules.length;
    this.#rules = this.#rules.filter((held) => held.id !== id);
    return this.#rules.length < before;
  }

  clear(): void {
    this.#rules = [];
  }

  list(): readonly ListedFault[] {
    return this.#rules.map(listed);
  }

  /**
   * Called once for each request with its service and action. Returns undefined when no rule hits it, which is the
   * ordinary case.
   */
  strike(service: Service['name'], action: string): Strike | undefined {
    if (this.#rules.length === 0) return undefined;
    let delayMs = 0;
    let isSlowed = false;
    for (const held of this.#rules) {
      if (held.rule.service !== service || !held.pattern.test(action) || !strikes(held)) continue;
      if (held.rule.fault !== 'slow') return { delayMs, fault: held.rule.fault };
      isSlowed = true;
      delayMs += delayOf(held);
    }
    return isSlowed ? { delayMs, fault: undefined } : undefined;
  }
}

function strikes(held: Held): boolean {
  held.matched += 1;
  const { rate = 1, times = Infinity, after = 0 } = held.rule;
  if (held.matched <= after || held.struck >= times || held.random() >= rate) return false;
  held.struck += 1;
  return true;
}

function delayOf({ rule: { delayMs = 0 }, random }: Held): number {
  if (typeof delayMs === 'number') return delayMs;
  const [least, most] = delayMs;
  return least + random() * (most - least);
}

const listed = ({ id, rule, matched, struck }: Held): ListedFault => ({ id, ...rule, matched, struck });

const patternOf = (glob: string): RegExp =>
  new RegExp(`^${glob.replace(/[^\w*]/g, '\\$&').replaceAll('*', '.*')}$`, 's');

/** Every field is checked, because rules arrive as JSON, too. */
function checkRule(rule: FaultRule): void {
  const { service, fault, action, rate, times, after, delayMs } = rule;
  if (!FAULTY_SERVICES.includes(service)) refuse('service', `one of ${FAULTY_SERVICES.join(', ')}`, service);
  if (!FAULTS.includes(fault)) refuse('fault', `one of ${FAULTS.join(', ')}`, fault);
  if (action !== undefined && !(typeof action === 'string' && /^[\w*]{1,100}$/.test(action))) {
    refuse('action', "an action's name, in which * stands for any characters", action);
  }
  if (rate !== undefined && !isWithin(rate, 0, 1)) refuse('rate', 'a number from 0 to 1', rate);
  for (const [name, value] of Object.entries({ times, after })) {
    if (value !== undefined && !(Number.isSafeInteger(value) && value >= 0)) {
      refuse(name, 'a whole number, 0 or more', value);
    }
  }
  if ((fault === 'slow') !== (delayMs !== undefined)) {
    throw new FaultRuleError('A rule must have delayMs if its fault is slow, and only then.');
  }
  const bounds: readonly unknown[] = Array.isArray(delayMs) ? delayMs : [delayMs, delayMs];
  const [least, most] = bounds;
  if (delayMs === undefined) return;
  if (bounds.length !== 2 || !isWithin(least, 0, MAX_DELAY_MS) || !isWithin(most, least, MAX_DELAY_MS)) {
    refuse('delayMs', `milliseconds up to ${MAX_DELAY_MS}, or a pair of the least and the most`, delayMs);
  }
}

const isWithin = (value: unknown, least: number, most: number): value is number =>
  typeof value === 'number' && value >= least && value <= most;

function refuse(name: string, wanted: string, value: unknown): never {
  throw new FaultRuleError(`A fault's ${name} is ${wanted}, not ${JSON.stringify(value) ?? String(value)}.`);
}

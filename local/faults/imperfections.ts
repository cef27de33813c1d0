/**
 * Imperfections of AWS, grouped by service. Each is off (0) by default and can be changed while the cloud runs, so
 * services read them at each use and never copy them. Faults that can hit a request of any service are in
 * request-faults.ts.
 */
export interface Imperfections {
  readonly sqs: {
    /** The age of the counts that queue attributes report, in milliseconds. */
    counterLagMs: number;
    /** The probability that a received message is delivered a second time, to another receive, while its lease runs. */
    duplicateRate: number;
    /** The probability that a receive returns nothing although messages are there. */
    emptyReceiveRate: number;
  };
  readonly ec2: {
    /** The age of the state that describe calls report, in market milliseconds. */
    describeLagMs: number;
  };
}

export const noImperfections = (): Imperfections => ({
  sqs: { counterLagMs: 0, duplicateRate: 0, emptyReceiveRate: 0 },
  ec2: { describeLagMs: 0 },
});

/** An invalid change of the imperfections; its message explains what is wrong. */
export class ImperfectionError extends Error {
  override readonly name = 'ImperfectionError';
}

/** One hour: AWS never lags as long, so a larger value is a typing error. */
const MAX_LAG_MS = 3_600_000;

/**
 * Sets the imperfections that `change` names (`{"sqs":{"counterLagMs":5000}}`) and keeps the others. An invalid
 * change sets none of them.
 */
export function changeImperfections(imperfections: Imperfections, change: unknown): void {
  const groups: Readonly<Record<string, Record<string, number>>> = { ...imperfections };
  const sets: (() => void)[] = [];
  for (const [group, values] of entriesOf(change, 'Imperfections')) {
    const known = Object.hasOwn(groups, group) ? groups[group] : undefined;
    if (known === undefined)
      throw new ImperfectionError(
        `Unknown service ${JSON.stringify(group)} of an imperfection. The services are ${listOf(groups)}.`,
      );
    for (const [name, value] of entriesOf(values, group)) {
      if (!Object.hasOwn(known, name)) throw new ImperfectionError(`${group} has ${listOf(known)}, not ${name}.`);
      const most = name.endsWith('Rate') ? 1 : MAX_LAG_MS;
      if (typeof value !== 'number' || !(value >= 0 && value <= most)) {
        throw new ImperfectionError(
          `${group}.${name} must be a number from 0 to ${most}, not ${JSON.stringify(value)}.`,
        );
      }
      sets.push(() => (known[name] = value));
    }
  }
  for (const set of sets) set();
}

function entriesOf(value: unknown, what: string): readonly [string, unknown][] {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return Object.entries(value);
  throw new ImperfectionError(`${what} must be a JSON object, not ${JSON.stringify(value)}.`);
}

const listOf = (record: object): string => Object.keys(record).join(', ');

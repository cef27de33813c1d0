/**
 * AWS's own imperfections that belong to one service: off (0) unless set, and changeable while the cloud runs. Services read
 * them at each use and never copy them. What can befall a request of any service is in request-faults.ts.
 */
export interface Imperfections {
  readonly sqs: {
    /** Counts are as they were this long ago. */
    counterLagMs: number;
    /** How likely a received message is given once more, to another receive, while its lease runs. */
    duplicateRate: number;
    /** How likely a receive comes back empty though messages are there. */
    emptyReceiveRate: number;
  };
  readonly ec2: {
    /** What describe calls answer is as it was this long ago, in market milliseconds. */
    describeLagMs: number;
  };
}

export const noImperfections = (): Imperfections => ({
  sqs: { counterLagMs: 0, duplicateRate: 0, emptyReceiveRate: 0 },
  ec2: { describeLagMs: 0 },
});

/** What was wrong with a change, in a sentence. */
export class ImperfectionError extends Error {
  override readonly name = 'ImperfectionError';
}

/** An hour: longer than AWS ever lags, and a typing error is found. */
const MOST_LAG_MS = 3_600_000;

/** Sets what `change` names (`{"sqs":{"counterLagMs":5000}}`) and leaves the rest; sets nothing when any of it is wrong. */
export function changeImperfections(imperfections: Imperfections, change: unknown): void {
  const groups: Readonly<Record<string, Record<string, number>>> = { ...imperfections };
  const sets: (() => void)[] = [];
  for (const [group, values] of entriesOf(change, 'Imperfections')) {
    const known = Object.hasOwn(groups, group) ? groups[group] : undefined;
    if (known === undefined)
      throw new ImperfectionError(`There are imperfections of ${listOf(groups)}, not of ${group}.`);
    for (const [name, value] of entriesOf(values, group)) {
      if (!Object.hasOwn(known, name)) throw new ImperfectionError(`${group} has ${listOf(known)}, not ${name}.`);
      const most = name.endsWith('Rate') ? 1 : MOST_LAG_MS;
      if (typeof value !== 'number' || !(value >= 0 && value <= most)) {
        throw new ImperfectionError(`${group}.${name} is a number from 0 to ${most}, not ${JSON.stringify(value)}.`);
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

/** The options of a local cloud, and how its process reads them from its arguments. */
import { parseArgs } from 'node:util';
import { ImperfectionError, changeImperfections, noImperfections } from './faults/imperfections.js';
import { parseFault, parseImperfection } from './faults/options.js';
import { type FaultRule, FaultRuleError, RequestFaults } from './faults/request-faults.js';
import type { AccessKey } from './http/credentials.js';
import { MAX_LOGGED_REQUESTS } from './http/request-log.js';
import type { Service } from './http/service.js';
import { DEFAULT_COMPUTE_OPTIONS } from './ec2/compute.js';
import { LAUNCH_DELAYS, type LaunchDelay } from './market/arrivals.js';
import type { MarketOptions } from './market/market.js';
import type { ScriptedEvent } from './market/reclaims.js';

export interface LocalCloudOptions extends MarketOptions {
  readonly port: number;
  /** When absent, the cloud makes a temporary directory and removes it at the end. */
  readonly directory: string | undefined;
  /** Buckets and their objects are kept in this directory, and found again by the next cloud. When absent, they end with the cloud. */
  readonly data: string | undefined;
  /** The market runs this many times faster than real time; nothing else is accelerated. */
  readonly timeScale: number;
  readonly latencyMs: Readonly<Partial<Record<Service['name'], number>>>;
  /** The rules that disturb requests from the start on (faults/request-faults.ts). */
  readonly faults: readonly FaultRule[];
  /** Changes in the form that `changeImperfections` takes (faults/imperfections.ts). */
  readonly imperfections: readonly unknown[];
  readonly endWithStdin: boolean;
  /** The log keeps this many of the newest requests (http/request-log.ts). */
  readonly requestLog: number;
  /** When absent, the cloud invents an access key. */
  readonly credentials?: AccessKey;
}

/** Explains a wrong option in a sentence. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

const DELAYED: readonly Service['name'][] = ['sqs', 's3', 'ec2'];

/** By default the market is calm, and as fast as AWS. */
export const DEFAULT_OPTIONS: LocalCloudOptions = {
  ...marketDefaults(),
  port: 0,
  directory: undefined,
  data: undefined,
  timeScale: DEFAULT_COMPUTE_OPTIONS.timeScale,
  latencyMs: {},
  faults: [],
  imperfections: [],
  endWithStdin: false,
  requestLog: 0,
};

function marketDefaults(): MarketOptions {
  const { settleMs: _settle, timeScale: _scale, ...market } = DEFAULT_COMPUTE_OPTIONS;
  return market;
}

interface Option<Value> {
  readonly name: string;
  /** The option's type for parseArgs; `strings` may be given several times. */
  readonly type: 'string' | 'strings' | 'boolean';
  /** Throws a UsageError if the value is invalid. */
  readonly read: (given: readonly string[], option: string) => Value;
}

/** The arguments of the process, each by the field that it sets. Fields without a row are set through `spotpool/local` alone. */
const OPTIONS: { readonly [Field in keyof LocalCloudOptions]?: Option<LocalCloudOptions[Field]> } = {
  port: one('port', wholeBetween(0, 65_535)),
  directory: one('directory', (text) => text),
  data: one('data', (text) => text),
  seed: one('seed', wholeBetween(0, Number.MAX_SAFE_INTEGER)),
  timeScale: one('time-scale', positive),
  arriveOverMs: one('arrive-over-ms', number),
  launchDelay: one('launch-delay', launchDelay),
  noticeMs: one('notice-ms', number),
  rebalanceLeadMs: one('rebalance-lead-ms', number),
  reclaimRatePerHour: one('reclaim-rate', number),
  script: many('reclaim', reclaim),
  capacity: one('capacity', wholeBetween(0, Number.MAX_SAFE_INTEGER)),
  poolCapacity: one('pool-capacity', number),
  latencyMs: one('latency', latency),
  faults: many('fault', fault),
  imperfections: many('imperfection', imperfection),
  requestLog: one('request-log', wholeBetween(0, MAX_LOGGED_REQUESTS)),
  endWithStdin: { name: 'end-with-stdin', type: 'boolean', read: () => true },
};

function one<Value>(name: string, read: (text: string, option: string) => Value): Option<Value> {
  return { name, type: 'string', read: ([text = ''], option) => read(text, option) };
}

function many<Value>(name: string, read: (text: string, option: string) => Value): Option<readonly Value[]> {
  return { name, type: 'strings', read: (texts, option) => texts.map((text) => read(text, option)) };
}

export function parseOptions(args: readonly string[]): LocalCloudOptions {
  const given = parse(args);
  const values = Object.entries(OPTIONS).flatMap(([field, { name, read }]) => {
    const value = given[name];
    return value === undefined ? [] : [[field, read([value].flat().map(String), `--${name}`)]];
  });
  return { ...DEFAULT_OPTIONS, ...(Object.fromEntries(values) as Partial<LocalCloudOptions>) };
}

type Given = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;

function parse(args: readonly string[]): Given {
  const options = Object.values(OPTIONS).map(({ name, type }) => {
    const parsed = type === 'boolean' ? 'boolean' : 'string';
    return [name, { type: parsed, multiple: type === 'strings' }] as const;
  });
  try {
    return parseArgs({
      args: [...args],
      strict: true,
      allowPositionals: false,
      options: Object.fromEntries(options),
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function number(text: string, option: string): number {
  if (!/^\d+(\.\d+)?$/.test(text)) throw new UsageError(`${option} takes a number, 0 or more, not '${text}'.`);
  return Number(text);
}

function positive(text: string, option: string): number {
  const value = number(text, option);
  if (value === 0) throw new UsageError(`${option} takes a number above 0, not '0'.`);
  return value;
}

function wholeBetween(min: number, max: number): (text: string, option: string) => number {
  return (text, option) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    throw new UsageError(`${option} takes a whole number from ${min} to ${max}, not '${text}'.`);
  };
}

const UNIT_MS: Readonly<Record<string, number>> = { '': 1, ms: 1, s: 1_000, m: 60_000 };

function reclaim(text: string): ScriptedEvent {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|)(:all)?(:no-notice)?$/.exec(text);
  const unitMs = UNIT_MS[match?.[2] ?? ''];
  if (match?.[1] === undefined || unitMs === undefined) {
    throw new UsageError(
      `--reclaim takes a time after the start of the first instance, such as 6000, 6s, 6s:no-notice, 6s:all or 6s:all:no-notice, not '${text}'.`,
    );
  }
  return {
    kind: 'reclaim',
    afterMs: Number(match[1]) * unitMs,
    ...(match[3] === undefined ? {} : { all: true }),
    ...(match[4] === undefined ? {} : { noticeMs: null }),
  };
}

function launchDelay(text: string): LaunchDelay {
  const known = LAUNCH_DELAYS.find((name) => name === text);
  if (known !== undefined) return known;
  throw new UsageError(`--launch-delay takes one of ${LAUNCH_DELAYS.join(', ')}, not '${text}'.`);
}

function latency(text: string): LocalCloudOptions['latencyMs'] {
  const latencyMs: Partial<Record<Service['name'], number>> = {};
  for (const part of text.split(',')) {
    const match = /^(\w+)=(\d+(?:\.\d+)?)(?:ms)?$/.exec(part);
    const service = DELAYED.find((name) => name === match?.[1]);
    if (service === undefined) {
      throw new UsageError(
        `--latency takes milliseconds for each service, such as sqs=10,s3=30,ec2=20, not '${text}'.`,
      );
    }
    latencyMs[service] = Number(match?.[2]);
  }
  return latencyMs;
}

function fault(text: string): FaultRule {
  try {
    const rule = parseFault(text);
    new RequestFaults().add(rule);
    return rule;
  } catch (error) {
    throw error instanceof FaultRuleError ? new UsageError(`--fault: ${error.message}`) : error;
  }
}

function imperfection(text: string): unknown {
  try {
    const change = parseImperfection(text);
    changeImperfections(noImperfections(), change);
    return change;
  } catch (error) {
    throw error instanceof ImperfectionError ? new UsageError(`--imperfection: ${error.message}`) : error;
  }
}

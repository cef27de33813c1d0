/** The options of a local cloud, and how its process parses them from its arguments. */
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
  /** The default is a new temporary directory, which is removed at the end. */
  readonly directory: string | undefined;
  /** The market runs this many times faster than real time; nothing else is accelerated. */
  readonly timeScale: number;
  readonly latencyMs: Readonly<Partial<Record<Service['name'], number>>>;
  /** Faults of requests that are active from the start (faults/request-faults.ts). */
  readonly faults: readonly FaultRule[];
  /** Changes in the form that changeImperfections takes (faults/imperfections.ts). */
  readonly imperfections: readonly unknown[];
  readonly endWithStdin: boolean;
  /** How many of the newest requests the log keeps (http/request-log.ts); 0 turns the log off. */
  readonly requestLog: number;
  /** The default is a generated key. */
  readonly credentials?: AccessKey;
}

/** A wrong option or argument; the message explains what is wrong. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

const DELAYED: readonly Service['name'][] = ['sqs', 's3', 'ec2'];

/** The defaults give a calm market in real time. */
export const DEFAULT_OPTIONS: LocalCloudOptions = {
  ...marketDefaults(),
  port: 0,
  directory: undefined,
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

export function parseOptions(args: readonly string[]): LocalCloudOptions {
  const values = parse(args);
  const byDefault = DEFAULT_OPTIONS;
  return {
    ...byDefault,
    port: whole('--port', values.port, { min: 0, max: 65_535 }) ?? byDefault.port,
    directory: values.directory,
    seed: whole('--seed', values.seed, ANY_WHOLE) ?? byDefault.seed,
    timeScale: positive('--time-scale', values['time-scale']) ?? byDefault.timeScale,
    arriveOverMs: number('--arrive-over-ms', values['arrive-over-ms']) ?? byDefault.arriveOverMs,
    launchDelay: launchDelayOf(values['launch-delay']) ?? byDefault.launchDelay,
    noticeMs: number('--notice-ms', values['notice-ms']) ?? byDefault.noticeMs,
    rebalanceLeadMs: number('--rebalance-lead-ms', values['rebalance-lead-ms']) ?? byDefault.rebalanceLeadMs,
    reclaimRatePerHour: number('--reclaim-rate', values['reclaim-rate']) ?? byDefault.reclaimRatePerHour,
    script: (values.reclaim ?? []).map(reclaimOf),
    capacity: whole('--capacity', values.capacity, ANY_WHOLE) ?? byDefault.capacity,
    poolCapacity: number('--pool-capacity', values['pool-capacity']) ?? byDefault.poolCapacity,
    latencyMs: latencyOf(values.latency),
    faults: (values.fault ?? []).map(faultOf),
    imperfections: (values.imperfection ?? []).map(imperfectionOf),
    endWithStdin: values['end-with-stdin'] ?? false,
    requestLog:
      whole('--request-log', values['request-log'], { min: 0, max: MAX_LOGGED_REQUESTS }) ?? byDefault.requestLog,
  };
}

const ANY_WHOLE = { min: 0, max: Number.MAX_SAFE_INTEGER };

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      strict: true,
      allowPositionals: false,
      options: {
        port: { type: 'string' },
        directory: { type: 'string' },
        seed: { type: 'string' },
        'time-scale': { type: 'string' },
        'arrive-over-ms': { type: 'string' },
        'notice-ms': { type: 'string' },
        'reclaim-rate': { type: 'string' },
        reclaim: { type: 'string', multiple: true },
        capacity: { type: 'string' },
        'launch-delay': { type: 'string' },
        'pool-capacity': { type: 'string' },
        'rebalance-lead-ms': { type: 'string' },
        latency: { type: 'string' },
        fault: { type: 'string', multiple: true },
        imperfection: { type: 'string', multiple: true },
        'request-log': { type: 'string' },
        'end-with-stdin': { type: 'boolean' },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function number(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d+(\.\d+)?$/.test(text)) throw new UsageError(`${option} takes a number, 0 or more, not '${text}'.`);
  return Number(text);
}

function positive(option: string, text: string | undefined): number | undefined {
  const value = number(option, text);
  if (value === 0) throw new UsageError(`${option} takes a number above 0, not '0'.`);
  return value;
}

function whole(
  option: string,
  text: string | undefined,
  range: { readonly min: number; readonly max: number },
): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= range.min && value <= range.max) return value;
  throw new UsageError(`${option} takes a whole number from ${range.min} to ${range.max}, not '${text}'.`);
}

const UNIT_MS: Readonly<Record<string, number>> = { '': 1, ms: 1, s: 1_000, m: 60_000 };

function reclaimOf(text: string): ScriptedEvent {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|)(:all)?(:no-notice)?$/.exec(text);
  const unitMs = UNIT_MS[match?.[2] ?? ''];
  if (match?.[1] === undefined || unitMs === undefined) {
    throw new UsageError(
      `--reclaim takes a time after the first instance ran, such as 6000, 6s, 6s:no-notice, 6s:all or 6s:all:no-notice, not '${text}'.`,
    );
  }
  return {
    kind: 'reclaim',
    afterMs: Number(match[1]) * unitMs,
    ...(match[3] === undefined ? {} : { all: true }),
    ...(match[4] === undefined ? {} : { noticeMs: null }),
  };
}

function launchDelayOf(text: string | undefined): LaunchDelay | undefined {
  if (text === undefined) return undefined;
  const known = LAUNCH_DELAYS.find((name) => name === text);
  if (known !== undefined) return known;
  throw new UsageError(`--launch-delay is one of ${LAUNCH_DELAYS.join(', ')}, not '${text}'.`);
}

function latencyOf(text: string | undefined): LocalCloudOptions['latencyMs'] {
  const latencyMs: Partial<Record<Service['name'], number>> = {};
  for (const part of text?.split(',') ?? []) {
    const match = /^(\w+)=(\d+(?:\.\d+)?)(?:ms)?$/.exec(part);
    const service = DELAYED.find((name) => name === match?.[1]);
    if (service === undefined) {
      throw new UsageError(
        `--latency takes milliseconds per service, such as sqs=10,s3=30,ec2=20, not '${text ?? ''}'.`,
      );
    }
    latencyMs[service] = Number(match?.[2]);
  }
  return latencyMs;
}

function faultOf(text: string): FaultRule {
  try {
    const rule = parseFault(text);
    new RequestFaults().add(rule);
    return rule;
  } catch (error) {
    throw error instanceof FaultRuleError ? new UsageError(`--fault: ${error.message}`) : error;
  }
}

function imperfectionOf(text: string): unknown {
  try {
    const change = parseImperfection(text);
    changeImperfections(noImperfections(), change);
    return change;
  } catch (error) {
    throw error instanceof ImperfectionError ? new UsageError(`--imperfection: ${error.message}`) : error;
  }
}

/** The options of a local cloud that users give to `run --local` and `local up`, and how they reach its process and its workers. */
import { definedFields } from '../../core/defined-fields.js';
import type { Latencies, PlannedReclaim } from '../cli/values.js';

/**
 * An option reaches the cloud's process as an argument, its workers as an environment variable, or its fleet as instance
 * types.
 */
type Row<Value> = { readonly texts: (value: Value) => readonly string[] } & (
  { readonly argument: `--${string}` } | { readonly variable: string } | { readonly fleet: 'instance types' }
);

const asOne = (value: string | number): readonly string[] => [String(value)];
const number = (argument: `--${string}`): Row<number> => ({ argument, texts: asOne });

/** local/options.ts reads these arguments, and worker/config.ts these variables. */
const ROWS = {
  port: number('--port'),
  seed: number('--seed'),
  timeScale: number('--time-scale'),
  arriveOverMs: number('--arrive-over-ms'),
  launchDelay: { argument: '--launch-delay', texts: asOne } as Row<string>,
  /** The most instances that the market has. */
  capacity: number('--capacity'),
  noticeMs: number('--notice-ms'),
  rebalanceLeadMs: number('--rebalance-lead-ms'),
  /** The expected number of reclaims per instance-hour. */
  reclaimRate: number('--reclaim-rate'),
  latency: { argument: '--latency', texts: latencyTexts } as Row<Latencies>,
  reclaims: { argument: '--reclaim', texts: reclaimTexts } as Row<readonly PlannedReclaim[]>,
  leaseSeconds: { variable: 'SPOTPOOL_LEASE_SECONDS', texts: asOne } as Row<number>,
  maxIdleSeconds: { variable: 'SPOTPOOL_MAX_IDLE_SECONDS', texts: asOne } as Row<number>,
  /** The GPUs of each instance. */
  gpus: { fleet: 'instance types', texts: (gpus) => [GPU_TYPES[gpus] ?? ''] } as Row<number>,
  /** Workers share the user's machine: each chooses its slots for a part of it, as if all were up. */
  maxWorkers: { variable: 'SPOTPOOL_SHARED_BY', texts: shareTexts } as Row<number>,
};

type Table = typeof ROWS;
type Value<Name extends keyof Table> = Table[Name] extends Row<infer Held> ? Held : never;
type NeededName = 'maxWorkers' | 'reclaims';

export type LocalCloudOptions = { readonly [Name in NeededName]: Value<Name> } & {
  readonly [Name in Exclude<keyof Table, NeededName>]?: Value<Name>;
};

/** A laptop carries this many workers: each is a process with a process per slot. */
export const DEFAULT_LOCAL_MAX_WORKERS = 4;

/** The instance type for so many GPUs. The same types stand in local/market/instance-types.ts. */
const GPU_TYPES: Readonly<Record<number, string>> = { 1: 'g5.xlarge', 4: 'g5.12xlarge', 8: 'g5.48xlarge' };

export const GPU_COUNTS: readonly number[] = Object.keys(GPU_TYPES).map(Number);

/** The same names stand in local/market/arrivals.ts. */
export const LAUNCH_DELAYS: readonly string[] = ['none', 'typical', 'long-tail'];

export const localCloudArguments = (options: LocalCloudOptions): readonly string[] => [
  ...textsOf({ port: 0, ...definedFields(options) }).flatMap(({ row, texts }) =>
    'argument' in row ? texts.flatMap((text) => [row.argument, text]) : [],
  ),
  '--end-with-stdin',
];

/** The variables of a local instance's worker beyond the names of the stack. */
export const workerVariables = (options: LocalCloudOptions): Readonly<Record<string, string>> =>
  Object.fromEntries(
    textsOf(options).flatMap(({ row, texts }) => ('variable' in row ? texts.map((text) => [row.variable, text]) : [])),
  );

/** The instance types of the fleet; undefined for the usual ones. */
export function instanceTypesOf(options: LocalCloudOptions): readonly string[] | undefined {
  const types = textsOf(options).flatMap(({ row, texts }) => ('fleet' in row ? texts : []));
  return types.length === 0 ? undefined : types;
}

const rows: Readonly<Record<string, Row<never>>> = ROWS;

function textsOf(options: LocalCloudOptions) {
  return Object.entries(rows).flatMap(([name, row]) => {
    const value = options[name as keyof Table];
    return value === undefined ? [] : [{ row, texts: row.texts(value as never) }];
  });
}

function latencyTexts(latency: Latencies): readonly string[] {
  return [
    Object.entries(latency)
      .map(([service, ms]) => `${service}=${String(ms)}`)
      .join(','),
  ];
}

function reclaimTexts(reclaims: readonly PlannedReclaim[]): readonly string[] {
  return reclaims.map(({ afterMs, all, noNotice }) => `${afterMs}${all ? ':all' : ''}${noNotice ? ':no-notice' : ''}`);
}

function shareTexts(maxWorkers: number): readonly string[] {
  return maxWorkers > 1 ? [String(maxWorkers)] : [];
}

/**
 * The user's environment without the variables that a local cloud must not see: those of AWS, because a profile or a proxy for metadata would leak into
 * its instances, and those of another stack.
 */
export function localEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^(AWS|SPOTPOOL)_/i.test(name)));
}

/** The options of a local cloud, as users give them to `run --local` and `local up`, and as its process takes them. */
import type { Latencies, PlannedReclaim } from '../cli/values.js';

export interface LocalCloudOptions {
  readonly port?: number;
  readonly seed?: number;
  readonly timeScale?: number;
  readonly arriveOverMs?: number;
  readonly launchDelay?: string;
  /** Most instances that the market has. */
  readonly capacity?: number;
  readonly noticeMs?: number;
  readonly rebalanceLeadMs?: number;
  /** Expected reclaims per instance-hour. */
  readonly reclaimRate?: number;
  readonly reclaims: readonly PlannedReclaim[];
  readonly latency?: Latencies;
  readonly maxWorkers: number;
  readonly leaseSeconds?: number;
  readonly maxIdleSeconds?: number;
}

/** As many as a laptop carries: each worker is a process with a process per slot. */
export const DEFAULT_LOCAL_MAX_WORKERS = 4;

/** As the local cloud names them. */
export const LAUNCH_DELAYS: readonly string[] = ['none', 'typical', 'long-tail'];

export function localCloudArguments(options: LocalCloudOptions): readonly string[] {
  const named: readonly (readonly [string, number | string | undefined])[] = [
    ['--port', options.port ?? 0],
    ['--seed', options.seed],
    ['--time-scale', options.timeScale],
    ['--arrive-over-ms', options.arriveOverMs],
    ['--launch-delay', options.launchDelay],
    ['--capacity', options.capacity],
    ['--notice-ms', options.noticeMs],
    ['--rebalance-lead-ms', options.rebalanceLeadMs],
    ['--reclaim-rate', options.reclaimRate],
    ['--latency', options.latency && latencyText(options.latency)],
  ];
  return [
    ...named.flatMap(([name, value]) => (value === undefined ? [] : [name, String(value)])),
    ...options.reclaims.flatMap((reclaim) => [
      '--reclaim',
      `${reclaim.afterMs}${reclaim.all ? ':all' : ''}${reclaim.noNotice ? ':no-notice' : ''}`,
    ]),
    '--end-with-stdin',
  ];
}

const latencyText = (latency: Latencies): string =>
  Object.entries(latency)
    .map(([service, ms]) => `${service}=${String(ms)}`)
    .join(',');

/** What the worker on a local instance is told beyond the stack's names. */
export function workerVariables(options: LocalCloudOptions): Readonly<Record<string, string>> {
  const { maxWorkers } = options;
  return {
    // They share the user's machine: slots are chosen for a part of it, as if all were up.
    ...(maxWorkers > 1 ? { SPOTPOOL_SHARED_BY: String(maxWorkers) } : {}),
    ...(options.leaseSeconds === undefined ? {} : { SPOTPOOL_LEASE_SECONDS: String(options.leaseSeconds) }),
    ...(options.maxIdleSeconds === undefined ? {} : { SPOTPOOL_MAX_IDLE_SECONDS: String(options.maxIdleSeconds) }),
  };
}

/**
 * What a local cloud's process may see of the user's environment: nothing of AWS (a profile or a proxy for metadata would
 * leak into its instances) and nothing of another stack.
 */
export function localEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^(AWS|SPOTPOOL)_/i.test(name)));
}

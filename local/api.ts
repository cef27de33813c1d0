/**
 * `spotpool/local`: the local cloud in your own process, for your own tests (docs/reference/local-cloud.md).
 *
 * Clouds share nothing, so one process may run as many as it likes. A cloud ends with `close()`, `await using` or
 * its signal. If the process is killed, a watchdog ends the cloud's instances.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { checkedPool, MarketOrders, type CapacityOrder, type PriceOrder, type ReclaimOrder } from './admin/orders.js';
import { type InstanceState, instanceStateOf, marketStateOf, type PoolState } from './admin/state.js';
import { type LocalCloud as RunningCloud, startLocalCloud as startCloud } from './cloud.js';
import type { Imperfections } from './faults/imperfections.js';
import type { RequestFaults } from './faults/request-faults.js';
import type { AccessKey } from './http/credentials.js';
import type { LoggedRequest } from './http/request-log.js';
import type { MarketEvent } from './market/log.js';
import type { PoolSelector } from './market/pools.js';
import { DEFAULT_OPTIONS, type LocalCloudOptions } from './options.js';

export type { CapacityOrder, PriceOrder, ReclaimOrder } from './admin/orders.js';
export type { InstanceState, PoolState } from './admin/state.js';
export type { Imperfections } from './faults/imperfections.js';
export type { Fault, FaultRule, ListedFault, RequestFaults } from './faults/request-faults.js';
export type { AccessKey } from './http/credentials.js';
export type { LoggedRequest } from './http/request-log.js';
export type { LaunchDelay } from './market/arrivals.js';
export type { MarketEvent } from './market/log.js';
export type { Pool, PoolCapacity, PoolSelector } from './market/pools.js';
export type { ScriptedEvent } from './market/reclaims.js';

type PartsOf<T> = { readonly [Part in keyof T]?: Partial<T[Part]> };

export interface StartOptions extends Partial<Omit<LocalCloudOptions, 'endWithStdin' | 'imperfections'>> {
  readonly imperfections?: PartsOf<Imperfections>;
  /** The cloud ends when this signal aborts. */
  readonly signal?: AbortSignal;
}

export interface WaitOptions {
  /** The state to wait for; the default is `running`. */
  readonly state?: InstanceState['state'];
  /** The longest wait; the default is ten seconds. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** The instances in their current state, without EC2's lag. */
export interface CloudInstances {
  list(): readonly InstanceState[];
  get(id: string): InstanceState | undefined;
  /** Returns the last 64 KiB of the instance's console output. */
  console(id: string): string;
  /** Resolves once exactly `count` instances are in that state; rejects after the timeout. */
  waitFor(count: number, options?: WaitOptions): Promise<readonly InstanceState[]>;
}

export interface CloudMarket {
  /** Reclaims this instance; `{ noticeMs: null }` takes it immediately and without notice. */
  reclaim(id: string, order?: ReclaimOrder): void;
  /** Reclaims all instances, or all of a pool, and returns their ids. */
  reclaimAll(order?: ReclaimOrder & { readonly pool?: PoolSelector }): readonly string[];
  /** Sends a rebalance recommendation; a reclaim need not follow. */
  rebalance(id: string): void;
  setCapacity(order: CapacityOrder): void;
  setPrice(order: PriceOrder): void;
  pools(): readonly PoolState[];
  /** Returns everything that has happened, in order. The same seed and the same calls give the same events. */
  events(): readonly MarketEvent[];
}

export interface CloudRequests {
  /** Returns answered and unanswered requests, the oldest first. */
  list(): readonly LoggedRequest[];
  clear(): void;
}

export interface LocalCloud extends AsyncDisposable {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: AccessKey;
  /** Environment variables for child processes: with them the AWS CLI, boto3 and every SDK find this cloud. */
  readonly env: Readonly<Record<string, string>>;
  readonly instances: CloudInstances;
  readonly market: CloudMarket;
  /** AWS's imperfections by service; each may be changed at any time. */
  readonly imperfections: Imperfections;
  /** Rules for faults of requests; they may be added and removed at any time. */
  readonly faults: RequestFaults;
  /** The log of requests; it needs the option `requestLog`. */
  readonly requests: CloudRequests;
  /** Ends the cloud. When it resolves, no process, port or file of the cloud is left, except for those of a data directory. */
  close(): Promise<void>;
}

const WAIT_MS = 10_000;
const LOOK_EVERY_MS = 20;

export async function startLocalCloud(options: StartOptions = {}): Promise<LocalCloud> {
  const { signal, imperfections, ...given } = options;
  signal?.throwIfAborted();
  for (const { pool } of [...(given.pools ?? []), ...(given.script ?? [])]) checkedPool(pool);
  const cloud = await startCloud({
    ...DEFAULT_OPTIONS,
    ...withoutUndefined(given),
    imperfections: imperfections === undefined ? [] : [imperfections],
  });
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    signal?.removeEventListener('abort', onAbort);
    return (closing ??= cloud.close());
  };
  const onAbort = (): void => void close();
  signal?.addEventListener('abort', onAbort, { once: true });
  void cloud.shutdownRequested.then(close);
  if (signal?.aborted === true) {
    await close();
    signal.throwIfAborted();
  }
  return {
    endpoint: cloud.endpoint,
    region: cloud.region,
    credentials: cloud.accessKey,
    env: environmentOf(cloud),
    instances: instancesOf(cloud),
    market: marketOf(cloud),
    imperfections: cloud.faults.imperfections,
    faults: cloud.faults.requests,
    requests: requestsOf(cloud),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** An option whose value is undefined counts as absent. */
const withoutUndefined = <T extends object>(options: T): T =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;

function environmentOf({ endpoint, region, accessKey }: RunningCloud): Readonly<Record<string, string>> {
  return {
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ACCESS_KEY_ID: accessKey.accessKeyId,
    AWS_SECRET_ACCESS_KEY: accessKey.secretAccessKey,
    // Without this, SDKs might query a metadata service of the machine that runs the tests.
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}

function instancesOf({ compute: { instances } }: RunningCloud): CloudInstances {
  const list = (): readonly InstanceState[] => instances.all().map(instanceStateOf);
  return {
    list,
    get: (id) => list().find((instance) => instance.id === id),
    console: (id) => instances.consoleOutput(id)?.toString('utf8') ?? '',
    waitFor: async (count, { state = 'running', timeoutMs = WAIT_MS, signal } = {}) => {
      const deadlineMs = Date.now() + timeoutMs;
      for (;;) {
        const found = list().filter((instance) => instance.state === state);
        if (found.length === count) return found;
        if (Date.now() >= deadlineMs) {
          const all = list().map(({ id, state: now }) => `${id} ${now}`);
          throw new Error(
            `Expected ${count} instances to be ${state} within ${timeoutMs} ms, but ${found.length} are. All instances: ${all.join(', ') || 'none'}.`,
          );
        }
        await delay(LOOK_EVERY_MS, undefined, { signal });
      }
    },
  };
}

function requestsOf({ requests }: RunningCloud): CloudRequests {
  const log = (): CloudRequests => {
    if (requests !== undefined) return requests;
    throw new Error('The request log is off. Start the local cloud with { requestLog: 10_000 }.');
  };
  return { list: () => log().list(), clear: () => log().clear() };
}

function marketOf({ compute }: RunningCloud): CloudMarket {
  const orders = new MarketOrders(compute);
  return {
    reclaim: (id, order) => void orders.reclaim(id, order),
    reclaimAll: (order) => orders.reclaimAll(order),
    rebalance: (id) => orders.rebalance(id),
    setCapacity: (order) => orders.setCapacity(order),
    setPrice: (order) => orders.setPrice(order),
    pools: () => marketStateOf(compute).pools,
    events: () => compute.market.events(),
  };
}

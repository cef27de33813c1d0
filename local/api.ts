/**
 * `spotpool/local`: the local cloud in your own process, for your own tests (docs/reference/local-cloud.md).
 *
 * A cloud shares nothing with another one: as many as you like in one process. It ends with `close()`, `await using`, its signal, and
 * also when the process is killed: a watchdog then ends its instances.
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
  /** Ends the cloud when it aborts. */
  readonly signal?: AbortSignal;
}

export interface WaitOptions {
  /** `running` unless given. */
  readonly state?: InstanceState['state'];
  /** Ten seconds unless given. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** The instances as they are, with none of EC2's lag. */
export interface CloudInstances {
  list(): readonly InstanceState[];
  get(id: string): InstanceState | undefined;
  /** The last 64 KiB of what it wrote. */
  console(id: string): string;
  /** Resolves once exactly `count` instances are in that state; rejects when the time is over. */
  waitFor(count: number, options?: WaitOptions): Promise<readonly InstanceState[]>;
}

export interface CloudMarket {
  /** Takes this instance: with `{ noticeMs: null }` now, and without notice. */
  reclaim(id: string, order?: ReclaimOrder): void;
  /** Takes all, or all of a pool; the ids of those that were taken. */
  reclaimAll(order?: ReclaimOrder & { readonly pool?: PoolSelector }): readonly string[];
  /** Recommends a rebalance; nothing need follow. */
  rebalance(id: string): void;
  setCapacity(order: CapacityOrder): void;
  setPrice(order: PriceOrder): void;
  pools(): readonly PoolState[];
  /** What has happened, in order: the same for the same seed and the same calls. */
  events(): readonly MarketEvent[];
}

export interface CloudRequests {
  /** Answered ones and those under way, the oldest first. */
  list(): readonly LoggedRequest[];
  clear(): void;
}

export interface LocalCloud extends AsyncDisposable {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: AccessKey;
  /** For child processes: the AWS CLI, boto3 and every SDK find this cloud by it. */
  readonly env: Readonly<Record<string, string>>;
  readonly instances: CloudInstances;
  readonly market: CloudMarket;
  /** What AWS does badly, by service: set any of it at any time. */
  readonly imperfections: Imperfections;
  /** What befalls requests: rules that come and go. */
  readonly faults: RequestFaults;
  /** What was asked of it: needs the option `requestLog`. */
  readonly requests: CloudRequests;
  /** Nothing of it is left when this resolves: no process, no port, no file. */
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

/** An option that is there but undefined is one that was not given. */
const withoutUndefined = <T extends object>(options: T): T =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;

function environmentOf({ endpoint, region, accessKey }: RunningCloud): Readonly<Record<string, string>> {
  return {
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ACCESS_KEY_ID: accessKey.accessKeyId,
    AWS_SECRET_ACCESS_KEY: accessKey.secretAccessKey,
    // Nobody need look for a metadata service of the machine that the tests run on.
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
            `${found.length} instances are ${state} after ${timeoutMs} ms, not ${count}: ${all.join(', ') || 'there are none'}.`,
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
    throw new Error('No requests are kept: start the local cloud with { requestLog: 10_000 }.');
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

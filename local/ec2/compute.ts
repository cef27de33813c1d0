/** Joins the parts of the EC2 side, which the API's actions, the admin's calls and the metadata read and change. */
import type { DiskErrorLog } from '../disk-errors.js';
import { type Imperfections, noImperfections } from '../faults/imperfections.js';
import { Credentials } from '../http/credentials.js';
import { Instances } from '../instances/instances.js';
import type { Watchdog } from '../instances/watchdog.js';
import { type InstanceView, isFulfilling, isLive } from '../instances/instance.js';
import { MarketClock } from '../market/clock.js';
import { REGION } from '../market/instance-types.js';
import { Market, type MarketOptions, placeOf } from '../market/market.js';
import { isSelected, type PoolSelector } from '../market/pools.js';
import { SpotPrices } from '../market/prices.js';
import type { ReclaimTiming } from '../market/reclaims.js';
import type { MarketInstance } from '../market/reclaimer.js';
import { DEFAULT_SETTLE_MS, Fleets } from './fleet/fleets.js';
import { LaunchTemplates } from './launch-templates.js';
import { Visible } from './visible.js';

export interface ComputeOptions extends MarketOptions {
  /** An existing directory without links, for the instances' disks and consoles. */
  readonly directory: string;
  /** The market runs this many times faster than real time. */
  readonly timeScale: number;
  /** How long a fleet is `submitted` or `modifying`, in market time. */
  readonly settleMs: number;
}

export const DEFAULT_COMPUTE_OPTIONS: Omit<ComputeOptions, 'directory'> = {
  seed: 1,
  timeScale: 1,
  settleMs: DEFAULT_SETTLE_MS,
  arriveOverMs: 0,
  launchDelay: 'none',
  capacity: Infinity,
  poolCapacity: Infinity,
  pools: [],
  reclaimRatePerHour: 0,
  unnoticedShare: 0,
  script: [],
  noticeMs: 120_000,
  rebalanceLeadMs: 0,
};

export class Compute {
  readonly region = REGION;
  readonly clock: MarketClock;
  readonly prices: SpotPrices;
  readonly templates = new LaunchTemplates();
  readonly instances: Instances;
  readonly market: Market;
  readonly fleets: Fleets;
  readonly visible: Visible;

  constructor(
    readonly options: ComputeOptions,
    watchdog: Watchdog,
    credentials = new Credentials(),
    imperfections: Imperfections = noImperfections(),
    diskErrors?: DiskErrorLog,
  ) {
    this.clock = new MarketClock(options.timeScale);
    this.prices = new SpotPrices(options.seed, options.timeScale, this.clock.startMs);
    this.instances = new Instances({
      directory: options.directory,
      region: this.region,
      clock: this.clock,
      watchdog,
      credentials,
      diskErrors,
      onRunning: (instance) => {
        this.visible.instanceChanged(instance);
        this.fleets.instanceRuns(instance);
        this.market.instanceRuns(marketInstance(instance));
      },
      onEnding: (instance) => this.visible.instanceChanged(instance),
      onTerminated: (instance) => {
        this.visible.instanceChanged(instance);
        this.market.instanceEnded(marketInstance(instance));
        this.fleets.instanceTerminated(instance);
      },
    });
    this.market = new Market(options, this.clock, this.prices, {
      live: () => this.#marketInstances(isLive),
      reclaimable: () =>
        this.#marketInstances((instance) => instance.state === 'running' && instance.takenAtMs === undefined),
      reclaim: (id, { noticeMs, takenAfterMs }) => this.reclaim(id, noticeMs, takenAfterMs),
      recommendRebalance: (id) => this.recommendRebalance(id),
    });
    this.fleets = new Fleets(this);
    this.visible = new Visible({
      clock: this.clock,
      imperfections: imperfections.ec2,
      instances: () => this.instances.all(),
      fleets: () => this.fleets.all(),
    });
  }

  /**
   * Reclaims an instance; every reclaim goes through here. A null `noticeMs` gives no notice. `takenAfterMs` sets
   * the real end if it differs from the notice's. Returns false if the instance cannot be taken.
   */
  reclaim(id: string, noticeMs: ReclaimTiming['noticeMs'], takenAfterMs?: number): boolean {
    const taken = this.instances.reclaim(id, noticeMs, takenAfterMs);
    const instance = this.instances.get(id);
    if (!taken || instance === undefined) return taken;
    this.visible.instanceChanged(instance);
    this.market.log.add({ kind: 'reclaim', ...placeOf(marketInstance(instance)), noticeMs });
    return taken;
  }

  /** Returns the ids of the instances that were taken. */
  reclaimAll(noticeMs: ReclaimTiming['noticeMs'], pool?: PoolSelector, takenAfterMs?: number): readonly string[] {
    return this.#marketInstances(isFulfilling)
      .filter((instance) => isSelected(instance, pool))
      .map(({ id }) => id)
      .filter((id) => this.reclaim(id, noticeMs, takenAfterMs));
  }

  recommendRebalance(id: string): boolean {
    const instance = this.instances.get(id);
    const isNew = instance !== undefined && instance.rebalanceAtMs === undefined;
    const done = this.instances.recommendRebalance(id);
    if (done && isNew) this.market.log.add({ kind: 'rebalance', ...placeOf(marketInstance(instance)) });
    return done;
  }

  #marketInstances(which: (instance: InstanceView) => boolean): readonly MarketInstance[] {
    return this.instances.all().filter(which).map(marketInstance);
  }

  /** When it resolves, no process of any instance is left. */
  async close(): Promise<void> {
    this.clock.close();
    this.market.setCapacity(0); // Instances that end now must not free capacity for new ones.
    await this.instances.close();
  }
}

const marketInstance = ({ id, sequence, spec: { instanceType, zone } }: InstanceView): MarketInstance => ({
  id,
  sequence,
  instanceType,
  zone,
});

/** The parts of the EC2 side, joined: what the API's actions, the admin's calls and the metadata look at and act on. */
import { Instances } from '../instances/instances.js';
import type { Watchdog } from '../instances/watchdog.js';
import { isFulfilling, isLive } from '../instances/instance.js';
import { MarketClock } from '../market/clock.js';
import { REGION } from '../market/instance-types.js';
import { Market, type MarketOptions } from '../market/market.js';
import { SpotPrices } from '../market/prices.js';
import { DEFAULT_SETTLE_MS, Fleets } from './fleet/fleets.js';
import { LaunchTemplates } from './launch-templates.js';

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
  capacity: Infinity,
  reclaimRatePerHour: 0,
  reclaims: [],
  noticeMs: 120_000,
};

export class Compute {
  readonly region = REGION;
  readonly clock: MarketClock;
  readonly prices: SpotPrices;
  readonly templates = new LaunchTemplates();
  readonly instances: Instances;
  readonly market: Market;
  readonly fleets: Fleets;

  constructor(
    readonly options: ComputeOptions,
    watchdog: Watchdog,
  ) {
    this.clock = new MarketClock(options.timeScale);
    this.prices = new SpotPrices(options.seed, options.timeScale);
    this.instances = new Instances({
      directory: options.directory,
      region: this.region,
      clock: this.clock,
      watchdog,
      onRunning: (instance) => this.market.instanceRuns(instance.id),
      onTerminated: (instance) => {
        this.market.instanceEnded();
        this.fleets.instanceTerminated(instance);
      },
    });
    this.market = new Market(options, this.clock, {
      live: () => this.instances.all().filter(isLive).length,
      takeable: () =>
        this.instances
          .all()
          .filter((instance) => instance.state === 'running' && instance.takenAtMs === undefined)
          .map((instance) => instance.id),
      reclaim: (id, noticeMs) => this.reclaim(id, noticeMs),
    });
    this.fleets = new Fleets(this);
  }

  /** The one way in which capacity is taken back; `noticeMs` null is without notice. False if there is nothing to take. */
  reclaim(id: string, noticeMs: number | null): boolean {
    const taken = this.instances.reclaim(id, noticeMs);
    const instance = this.instances.get(id);
    if (taken && noticeMs !== null && instance !== undefined) this.fleets.noticeGiven(instance);
    return taken;
  }

  reclaimAll(noticeMs: number | null): readonly string[] {
    const ids = this.instances
      .all()
      .filter(isFulfilling)
      .map((instance) => instance.id);
    return ids.filter((id) => this.reclaim(id, noticeMs));
  }

  /** Nothing of any instance runs when this resolves. */
  async close(): Promise<void> {
    this.clock.close();
    this.market.setCapacity(0); // what ends now frees capacity for nobody
    await this.instances.close();
  }
}

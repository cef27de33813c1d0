/** The fleet engine on the real market, in virtual time. Its instances are records, without processes and ports. */
import { Fleets } from '../../../../local/ec2/fleet/fleets.js';
import { DEFAULT_COMPUTE_OPTIONS } from '../../../../local/ec2/compute.js';
import type { Fleet } from '../../../../local/ec2/fleet/fleet.js';
import type { FleetKind } from '../../../../local/ec2/fleet/kind.js';
import { LaunchTemplates } from '../../../../local/ec2/launch-templates.js';
import { Query } from '../../../../local/ec2/query.js';
import { type InstanceView, isFulfilling, isLive, type LaunchSpec } from '../../../../local/instances/instance.js';
import { MarketClock } from '../../../../local/market/clock.js';
import { Market } from '../../../../local/market/market.js';
import { SpotPrices } from '../../../../local/market/prices.js';
import type { MarketInstance } from '../../../../local/market/reclaimer.js';

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** The time that an instance takes to end. */
const ENDING_MS = 100;

export const SETTLE_MS = 200;
export const NOTICE_MS = 1_000;

export class FleetLab {
  readonly all: Mutable<InstanceView>[] = [];
  /**
   * The fleets' actions: each launch with the state of its fleet at that moment, and each instance that a fleet
   * ended.
   */
  readonly launches: { readonly fleet: string; readonly fulfilledBefore: number; readonly target: number }[] = [];
  readonly endedByFleet: string[] = [];
  readonly clock = new MarketClock(1);
  readonly market: Market;
  readonly fleets: Fleets;
  readonly #templates = new LaunchTemplates();
  readonly #templateId: string;

  constructor(seed: number) {
    const options = { ...DEFAULT_COMPUTE_OPTIONS, seed, settleMs: SETTLE_MS, noticeMs: NOTICE_MS, arriveOverMs: 400 };
    const prices = new SpotPrices(seed, 1);
    this.market = new Market(options, this.clock, prices, {
      live: () => this.all.filter(isLive).map(marketInstance),
      reclaimable: () => this.all.filter((instance) => instance.state === 'running').map(marketInstance),
      reclaim: (id, { noticeMs }) => this.reclaim(id, noticeMs),
      recommendRebalance: () => undefined,
    });
    this.fleets = new Fleets({
      clock: this.clock,
      market: this.market,
      prices,
      templates: this.#templates,
      options,
      visible: { fleetChanged: () => undefined, instanceChanged: () => undefined },
      instances: {
        all: () => this.all,
        launch: (spec, bootMs) => this.#launch(spec, bootMs),
        terminate: (id) => this.end(id, 'Client.UserInitiatedShutdown'),
      },
      reclaim: (id, noticeMs) => {
        this.endedByFleet.push(id);
        this.reclaim(id, noticeMs);
        return true;
      },
    });
    const form = { LaunchTemplateName: 'template', 'LaunchTemplateData.ImageId': 'ami-1' };
    this.#templateId = this.#templates.create(Query.parse(new URLSearchParams(form)), new Map(), 0).id;
  }

  create(kind: FleetKind, target: number, keepsSurplus: boolean): Fleet {
    return this.fleets.create({
      kind,
      clientToken: undefined,
      fingerprint: '',
      target,
      keepsSurplus,
      strategy: 'price-capacity-optimized',
      templates: [
        {
          templateId: this.#templateId,
          version: '1',
          pools: ['a', 'b'].map((zone) => ({ instanceType: 'c7g.large', zone: `us-east-1${zone}` })),
          echo: {},
        },
      ],
      tags: new Map(),
      replaceUnhealthyInstances: false,
      terminateWithExpiration: false,
    });
  }

  alive(): readonly InstanceView[] {
    return this.all.filter(isFulfilling);
  }

  /** Ends an instance as a worker does that ends itself, or as the API does. */
  end(id: string, reason: InstanceView['stateReason']): void {
    const instance = this.all.find((each) => each.id === id);
    if (instance === undefined || !isFulfilling(instance)) return;
    instance.state = 'shutting-down';
    instance.stateReason = reason;
    this.clock.after(ENDING_MS, () => {
      instance.state = 'terminated';
      this.market.instanceEnded(marketInstance(instance));
      this.fleets.instanceTerminated(instance);
    });
  }

  reclaim(id: string, noticeMs: number | null): void {
    const instance = this.all.find((each) => each.id === id);
    if (instance === undefined || instance.takenAtMs !== undefined) return;
    instance.takenAtMs = this.clock.nowMs() + (noticeMs ?? 0);
    if (noticeMs === null) this.end(id, 'Server.SpotInstanceTermination');
    else this.clock.after(noticeMs, () => this.end(id, 'Server.SpotInstanceTermination'));
  }

  #launch(spec: LaunchSpec, bootMs: number): InstanceView {
    const fleet = this.fleets.get(spec.fleetId);
    const fulfilledBefore = fleet === undefined ? 0 : this.fleets.fulfilling(fleet).length;
    this.launches.push({ fleet: spec.fleetId, fulfilledBefore, target: fleet?.target ?? 0 });
    const sequence = this.all.length + 1;
    const instance: Mutable<InstanceView> = {
      id: `i-${String(sequence).padStart(17, '0')}`,
      sequence,
      spec,
      tags: new Map(),
      spotRequestId: `sir-${sequence}`,
      directory: '',
      launchedAtMs: this.clock.nowMs(),
      state: 'pending',
      stateReason: undefined,
      terminatedAtMs: undefined,
      takenAtMs: undefined,
      rebalanceAtMs: undefined,
      roleKey: undefined,
      metadataEndpoint: undefined,
      pid: undefined,
    };
    this.all.push(instance);
    this.clock.after(bootMs, () => {
      if (instance.state === 'pending') instance.state = 'running';
    });
    return instance;
  }
}

const marketInstance = ({ id, sequence, spec: { instanceType, zone } }: InstanceView): MarketInstance => ({
  id,
  sequence,
  instanceType,
  zone,
});

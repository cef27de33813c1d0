/**
 * The fleets: carries out the decisions of `decideFleet`, and holds each fleet's state.
 *
 * States: submitted → active ⇄ modifying; each of them → ending → ended. Invariants:
 * - Only an active (EC2 Fleet: or submitted) fleet accepts a change of target. The new target is shown and takes
 * effect when `modifying` is over.
 * - A fleet decides again after everything that can change its decision: its own states, an instance that ended, a
 * market that moved.
 */
import { randomUUID } from 'node:crypto';
import { isFulfilling, type InstanceView } from '../../instances/instance.js';
import type { Instances } from '../../instances/instances.js';
import { poolsInOrder, type PricedPool } from '../../market/allocation.js';
import type { MarketClock } from '../../market/clock.js';
import type { Market } from '../../market/market.js';
import { poolDepth } from '../../market/pools.js';
import type { SpotPrices } from '../../market/prices.js';
import { Ec2Error, idempotentMismatch } from '../errors.js';
import type { LaunchTemplates } from '../launch-templates.js';
import { decideFleet } from './decide.js';
import type { Visible } from '../visible.js';
import { type Fleet, type FleetConfig, type FleetEvent, type FleetStatus, isEnding } from './fleet.js';
import { launchSpec } from './launch-spec.js';
import { stateName } from './states.js';

/** How long a fleet is `submitted` or `modifying`, in market time; on AWS it takes some seconds. */
export const DEFAULT_SETTLE_MS = 200;
/**
 * The backoff after a failed launch, in market time. It grows with each failure, because a fleet would otherwise
 * spin. AWS documents no numbers.
 */
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;
/** No test and no person reads more events. */
const MAX_EVENTS = 1_000;
/** Fleets that ended stay visible, as on AWS for two days; above this number the oldest are forgotten. */
const MAX_ENDED = 1_000;
/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/fleet-quotas.html */
const MAX_FLEETS = 1_000;

/** The parts of the EC2 side that fleets read and change. */
export interface FleetContext {
  readonly clock: MarketClock;
  readonly instances: Pick<Instances, 'all' | 'launch' | 'terminate'>;
  /** Records each change that describe calls show. */
  readonly visible: Pick<Visible, 'fleetChanged' | 'instanceChanged'>;
  readonly market: Market;
  readonly prices: SpotPrices;
  readonly templates: LaunchTemplates;
  readonly options: { readonly seed: number; readonly noticeMs: number; readonly settleMs: number };
  /** Reclaims an instance's capacity, with a notice. */
  reclaim(id: string, noticeMs: number | null): boolean;
}

interface FleetPool extends PricedPool {
  readonly template: Fleet['config']['templates'][number];
}

export class Fleets {
  readonly #fleets = new Map<string, Fleet>();
  #sequence = 0;

  readonly #compute: FleetContext;

  constructor(compute: FleetContext) {
    this.#compute = compute;
  }

  all(): readonly Fleet[] {
    return [...this.#fleets.values()];
  }

  get(id: string): Fleet | undefined {
    return this.#fleets.get(id);
  }

  create(config: FleetConfig): Fleet {
    const known = this.all().find(
      (fleet) => fleet.config.kind === config.kind && fleet.config.clientToken === config.clientToken,
    );
    if (config.clientToken !== undefined && known !== undefined) {
      if (known.config.fingerprint === config.fingerprint) return known;
      throw idempotentMismatch(config.clientToken);
    }
    if (this.all().filter((fleet) => !isEnding(fleet)).length >= MAX_FLEETS) {
      throw new Ec2Error(
        'MaxSpotFleetRequestCountExceeded',
        `There are already ${MAX_FLEETS} fleets, which is the maximum.`,
      );
    }
    this.#sequence += 1;
    const fleet: Fleet = {
      id: `${config.kind === 'ec2' ? 'fleet' : 'sfr'}-${randomUUID()}`,
      sequence: this.#sequence,
      config,
      createdAtMs: this.#compute.clock.nowMs(),
      tags: new Map(config.tags),
      status: 'submitted',
      target: config.target,
      keepsSurplus: config.keepsSurplus,
      openRequests: [],
      failedRounds: 0,
      isHeldBack: false,
      launches: 0,
      eventCount: 0,
      events: [],
    };
    this.#fleets.set(fleet.id, fleet);
    this.#enter(fleet, 'submitted');
    this.#afterSettling(fleet, 'submitted', () => undefined);
    return fleet;
  }

  modify(fleet: Fleet, change: { readonly target: number; readonly keepsSurplus: boolean }): void {
    const modifiable = fleet.status === 'active' || (fleet.status === 'submitted' && fleet.config.kind === 'ec2');
    if (!modifiable) {
      throw new Ec2Error(
        'FleetNotInModifiableState',
        `The fleet ${fleet.id} is not in a state in which it can be modified (${stateName(fleet)}).`,
      );
    }
    this.#enter(fleet, 'modifying', 'modify_in_progress');
    this.#afterSettling(fleet, 'modifying', () => {
      fleet.target = change.target;
      fleet.keepsSurplus = change.keepsSurplus;
      this.#record(fleet, 'fleet', 'modify_succeeded', { description: `target ${change.target}` });
    });
  }

  delete(fleet: Fleet, terminateInstances: boolean): void {
    this.#enter(fleet, terminateInstances ? 'ending-terminating' : 'ending-running');
    this.#cancel(fleet, fleet.openRequests.length);
    if (terminateInstances)
      for (const instance of this.fulfilling(fleet)) this.#compute.instances.terminate(instance.id);
    this.reconcile(fleet);
  }

  fulfilling(fleet: Fleet): readonly InstanceView[] {
    return this.instancesOf(fleet).filter(isFulfilling);
  }

  instancesOf(fleet: Fleet): readonly InstanceView[] {
    return this.#compute.instances.all().filter((instance) => instance.spec.fleetId === fleet.id);
  }

  instanceRuns(instance: InstanceView): void {
    const fleet = this.#fleets.get(instance.spec.fleetId);
    if (fleet !== undefined) fleet.failedRounds = 0;
  }

  instanceTerminated(instance: InstanceView): void {
    const fleet = this.#fleets.get(instance.spec.fleetId);
    if (fleet === undefined) return;
    this.#record(fleet, 'instance', 'terminated', { instanceId: instance.id });
    if (instance.stateReason === 'Server.InternalError') {
      const description = `${instance.id} could not be started: its console output says why.`;
      this.#launchFailed(fleet, 'allLaunchSpecsTemporarilyBlacklisted', description);
    }
    this.reconcile(fleet);
  }

  /** Decides the fleet's next step and carries it out. */
  reconcile(fleet: Fleet): void {
    if (isEnding(fleet)) {
      const isOver = this.instancesOf(fleet).every((instance) => instance.state === 'terminated');
      if (isOver && fleet.status !== 'ended') this.#enter(fleet, 'ended');
      this.#forgetEnded();
      return;
    }
    if (fleet.status === 'submitted') return;
    const decision = decideFleet({
      target: fleet.target,
      keepsSurplus: fleet.keepsSurplus,
      fulfilling: this.fulfilling(fleet).map((instance) => ({
        id: instance.id,
        dollarsPerHour: this.#compute.prices.at(instance.spec, instance.launchedAtMs),
        leaving: instance.takenAtMs !== undefined,
      })),
      openRequests: fleet.openRequests.length,
      isHeldBack: fleet.isHeldBack,
    });
    if (decision.launch > 0) {
      const requests = this.#compute.market.request(
        decision.launch,
        () => this.#pools(fleet),
        (request, pool) => this.#granted(fleet, request, pool),
      );
      fleet.openRequests.push(...requests);
    }
    this.#cancel(fleet, decision.cancel);
    if (decision.launch + decision.cancel + decision.end.length > 0) {
      this.#record(fleet, 'fleet', 'progress', { description: decision.reason });
    }
    for (const id of decision.end) {
      // On AWS, too, only a scale-down causes this event: a reclaim by the market causes none.
      this.#record(fleet, 'instance', 'termination_notified', { instanceId: id });
      this.#compute.reclaim(id, this.#compute.options.noticeMs);
    }
  }

  #granted(fleet: Fleet, request: Fleet['openRequests'][number], { template, ...pool }: FleetPool): void {
    fleet.openRequests = fleet.openRequests.filter((open) => open !== request);
    fleet.launches += 1;
    try {
      const spec = launchSpec(
        fleet,
        template,
        { instanceType: pool.instanceType, zone: pool.zone },
        this.#compute.templates,
      );
      const instance = this.#compute.instances.launch(spec, request.bootMs);
      this.#compute.visible.instanceChanged(instance);
      this.#record(fleet, 'instance', 'launched', { instanceId: instance.id });
    } catch (error) {
      // A missing launch template is an error of the fleet, shown in its history, as on AWS.
      const description = error instanceof Error ? error.message : String(error);
      this.#launchFailed(fleet, 'spotFleetRequestConfigurationInvalid', description);
    }
  }

  /** Launches that fail together are one round, with one event and one wait. */
  #launchFailed(fleet: Fleet, subType: string, description: string): void {
    if (fleet.isHeldBack || isEnding(fleet)) return;
    this.#record(fleet, 'error', subType, { description });
    this.#holdBack(fleet, true);
    const waitMs = Math.min(FIRST_WAIT_MS * 2 ** fleet.failedRounds, LONGEST_WAIT_MS);
    fleet.failedRounds += 1;
    this.#compute.clock.after(waitMs, () => {
      this.#holdBack(fleet, false);
      this.reconcile(fleet);
    });
  }

  #holdBack(fleet: Fleet, isHeldBack: boolean): void {
    fleet.isHeldBack = isHeldBack;
    this.#compute.visible.fleetChanged(fleet);
  }

  /** Returns the fleet's pools, the best first. */
  #pools(fleet: Fleet): readonly FleetPool[] {
    const nowMs = this.#compute.clock.nowMs();
    const priced = fleet.config.templates.flatMap((template) =>
      template.pools.map((pool) => ({
        ...pool,
        template,
        dollarsPerHour: this.#compute.prices.at(pool, nowMs),
        depth: poolDepth(this.#compute.options.seed, pool),
      })),
    );
    return poolsInOrder(fleet.config.strategy, priced, fleet.launches);
  }

  #cancel(fleet: Fleet, count: number): void {
    for (const request of fleet.openRequests.splice(fleet.openRequests.length - count, count))
      request.state = 'cancelled';
  }

  /** Makes the fleet `active` after the settling time, unless it has left the state by then. */
  #afterSettling(fleet: Fleet, from: Fleet['status'], change: () => void): void {
    this.#compute.clock.after(this.#compute.options.settleMs, () => {
      if (fleet.status !== from) return;
      change();
      this.#enter(fleet, 'active');
      this.reconcile(fleet);
    });
  }

  #enter(fleet: Fleet, status: FleetStatus, event?: string): void {
    fleet.status = status;
    this.#compute.visible.fleetChanged(fleet);
    this.#record(fleet, 'fleet', event ?? stateName(fleet));
  }

  #record(
    fleet: Fleet,
    type: FleetEvent['type'],
    subType: string,
    more: Pick<FleetEvent, 'description' | 'instanceId'> = {},
  ): void {
    fleet.eventCount += 1;
    fleet.events.push({ sequence: fleet.eventCount, type, subType, ...more, atMs: this.#compute.clock.nowMs() });
    if (fleet.events.length > MAX_EVENTS) fleet.events.shift();
  }

  #forgetEnded(): void {
    const ended = this.all().filter((fleet) => fleet.status === 'ended');
    for (const fleet of ended.slice(0, Math.max(0, ended.length - MAX_ENDED))) this.#fleets.delete(fleet.id);
  }
}

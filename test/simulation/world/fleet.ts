/**
 * A fleet that keeps its target (EC2 Fleet of type `maintain`): it starts instances while there are fewer than the target, never ends one, notices
 * late what has ended, and may find no capacity. Describe calls show an earlier moment.
 */
import type { ModifyFleetRequest } from '@aws-sdk/client-ec2';
import { ec2FleetTarget } from '../../../aws/target-requests.js';
import type { Fleet, FleetDescription, FleetInstance, SetTargetResult } from '../../../runner/ports.js';
import type { Notice } from '../../../worker/ports.js';
import { SimulatedProcess } from '../process.js';
import type { Random } from '../random.js';
import { call } from './network.js';
import type { World } from './world.js';

/** EC2 shows an instance that has ended for about an hour. */
const SHOWN_AFTER_END_MS = 3_600_000;
const LEAST_BOOT_MS = 500;
const MOST_BOOT_MS = 40_000;
const MODIFYING_MOST_MS = 3_000;
/** The fleet replaces an instance that ended after a time that no source tells. */
const MOST_NOTICED_AFTER_MS = 90_000;
const KEPT_HISTORY_MS = 60_000;
export const FLEET_ID = 'fleet-1';

export interface SimulatedInstance {
  readonly id: string;
  state: FleetInstance['state'];
  readonly launchedAtMs: number;
  endedAtMs: number | undefined;
  /** The fleet counts it until then, although it has ended. */
  countedUntilMs: number;
  reclaimed: boolean;
  /** The process of the instance's worker. */
  readonly process: SimulatedProcess;
  /** The program that outlives the worker. */
  lastWords?: SimulatedProcess;
  /** The notices that its metadata shows. */
  readonly notices: Notice[];
  /** Asks its worker to end, as SIGTERM does. */
  readonly stop: AbortController;
  /** The worker's phase, for reports. */
  phase: () => string;
}

type Snapshot = Omit<FleetDescription, 'state'> & { readonly atMs: number };

export class SimulatedFleet {
  target = 0;
  readonly instances: SimulatedInstance[] = [];
  /** No capacity comes before this time. */
  shortUntilMs = 0;
  #modifyingUntilMs = 0;
  readonly #history: Snapshot[] = [];
  readonly #random: Random;
  readonly #world: World;
  readonly #boot: (instance: SimulatedInstance) => void;

  /** `boot` runs the worker of an instance. */
  constructor(world: World, boot: (instance: SimulatedInstance) => void) {
    this.#world = world;
    this.#random = world.random.fork('fleet');
    this.#boot = boot;
  }

  get live(): SimulatedInstance[] {
    return this.instances.filter(({ state }) => state === 'pending' || state === 'running');
  }

  get running(): SimulatedInstance[] {
    return this.instances.filter(({ state }) => state === 'running');
  }

  /** The fleet looks each second whether instances are missing. */
  keep(): void {
    const { clock } = this.#world;
    const counted = this.instances.filter(
      ({ state, countedUntilMs }) => state === 'pending' || state === 'running' || countedUntilMs > clock.nowMs,
    ).length;
    if (clock.nowMs >= this.shortUntilMs) for (let count = counted; count < this.target; count += 1) this.#launch();
    // Only late answers need it, and in a large pool each snapshot is long.
    if (this.#world.settings.describeLagMs > 0) this.#history.push(this.#snapshot());
    while (clock.nowMs - (this.#history[0]?.atMs ?? clock.nowMs) > KEPT_HISTORY_MS) this.#history.shift();
  }

  /** The instance is gone at once: its worker does nothing any more. */
  end(instance: SimulatedInstance, reclaimed: boolean): void {
    if (instance.state === 'terminated') return;
    const { clock, settings } = this.#world;
    instance.process.kill();
    instance.lastWords?.kill();
    instance.state = 'terminated';
    instance.reclaimed = reclaimed;
    instance.endedAtMs = clock.nowMs;
    instance.countedUntilMs = clock.nowMs + (settings.isFleetSlow ? this.#random.next() * MOST_NOTICED_AFTER_MS : 0);
  }

  /** Sets the target at once, as EC2 reads the product's request. With any other policy than no-termination, EC2 ends what is above the target. */
  set({ ExcessCapacityTerminationPolicy: policy, TargetCapacitySpecification }: ModifyFleetRequest): SetTargetResult {
    const { clock } = this.#world;
    if (clock.nowMs < this.#modifyingUntilMs) return 'busy';
    this.target = TargetCapacitySpecification?.TotalTargetCapacity ?? this.target;
    if (policy !== 'no-termination') for (const instance of this.live.slice(this.target)) this.end(instance, false);
    this.#modifyingUntilMs = clock.nowMs + this.#random.next() * MODIFYING_MOST_MS;
    return 'accepted';
  }

  fleetFor(process: SimulatedProcess): Fleet {
    return {
      describe: (signal) =>
        call(this.#world, process, {
          service: 'ec2',
          what: 'describe',
          signal,
          act: () => {
            const description = this.#describe();
            return { value: description, told: { operation: 'ec2.describe', description } };
          },
        }),
      setTarget: (target, signal) =>
        call(this.#world, process, {
          service: 'ec2',
          what: 'set-target',
          signal,
          act: () => {
            const before = this.target;
            const request = ec2FleetTarget(FLEET_ID, target);
            const result = this.set(request);
            const policy = request.ExcessCapacityTerminationPolicy;
            return { value: result, told: { operation: 'ec2.set-target', target, before, result, policy } };
          },
        }),
    };
  }

  #describe(): FleetDescription {
    const { clock, isNoisy, settings } = this.#world;
    const isModifying = clock.nowMs < this.#modifyingUntilMs;
    const atMs = clock.nowMs - (isNoisy ? this.#random.next() * settings.describeLagMs : 0);
    const seen = atMs === clock.nowMs ? undefined : this.#history.findLast((snapshot) => snapshot.atMs <= atMs);
    const { atMs: _, ...shown } = seen ?? this.#snapshot();
    return { ...shown, state: isModifying ? 'modifying' : 'active' };
  }

  #snapshot(): Snapshot {
    const { clock } = this.#world;
    const shown = this.instances.filter(
      ({ endedAtMs }) => endedAtMs === undefined || clock.nowMs - endedAtMs < SHOWN_AFTER_END_MS,
    );
    return {
      atMs: clock.nowMs,
      target: this.target,
      fulfilled: shown.filter(({ state }) => state === 'running').length,
      instances: shown.map(({ id, state, launchedAtMs, reclaimed }) => ({
        instance: id,
        state,
        instanceType: 'c7g.large',
        zone: 'us-east-1a',
        launchedAtMs,
        reclaimed,
      })),
    };
  }

  #launch(): void {
    const { clock, random, settings } = this.#world;
    const id = `i-${String(this.instances.length).padStart(4, '0')}`;
    const process = new SimulatedProcess('worker', id, clock, random);
    process.skewMs = process.random.pick(settings.skewsMs) ?? 0;
    const instance: SimulatedInstance = {
      id,
      state: 'pending',
      launchedAtMs: clock.nowMs,
      endedAtMs: undefined,
      countedUntilMs: 0,
      reclaimed: false,
      process,
      notices: [],
      stop: new AbortController(),
      phase: () => 'booting',
    };
    this.instances.push(instance);
    clock.after(process.random.between(LEAST_BOOT_MS, MOST_BOOT_MS), process, () => {
      instance.state = 'running';
      this.#boot(instance);
    });
  }
}

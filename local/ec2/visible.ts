/**
 * The state of instances and fleets that describe calls see: everything as it was `describeLagMs` ago (0 by
 * default), and all of it at the same moment. Every describe call reads through here; actions that change something
 * use the current state.
 */
import type { Imperfections } from '../faults/imperfections.js';
import { type InstanceView, isFulfilling } from '../instances/instance.js';
import type { MarketClock } from '../market/clock.js';
import type { Fleet } from './fleet/fleet.js';
import { Lagging } from './lagging.js';

export interface VisibleOptions {
  readonly clock: Pick<MarketClock, 'nowMs' | 'realMs'>;
  readonly imperfections: Imperfections['ec2'];
  readonly instances: () => readonly InstanceView[];
  readonly fleets: () => readonly Fleet[];
}

export class Visible {
  readonly #instances: Lagging<InstanceView>;
  readonly #fleets: Lagging<Fleet>;

  readonly #options: VisibleOptions;

  constructor(options: VisibleOptions) {
    this.#options = options;
    const clock = { nowMs: () => options.clock.nowMs(), lagMs: () => this.#lagMs() };
    this.#instances = new Lagging((instance) => ({ ...instance, tags: new Map(instance.tags) }), clock);
    this.#fleets = new Lagging((fleet) => ({ ...fleet, tags: new Map(fleet.tags) }), clock);
  }

  /** Must be called after each change that a describe call shows. */
  instanceChanged(instance: InstanceView): void {
    this.#instances.changed(instance);
  }

  fleetChanged(fleet: Fleet): void {
    this.#fleets.changed(fleet);
  }

  /** The moment whose state is visible: later events have not happened yet. */
  asOfMs(): number {
    return this.#options.clock.nowMs() - this.#lagMs();
  }

  /** Returns the instances in order of launch. */
  instances(): readonly InstanceView[] {
    return present(this.#options.instances().map((instance) => this.#instances.seen(instance)));
  }

  instance(id: string): InstanceView | undefined {
    return this.instances().find((instance) => instance.id === id);
  }

  /** Returns the fleets in order of creation. */
  fleets(): readonly Fleet[] {
    return present(this.#options.fleets().map((fleet) => this.#fleets.seen(fleet)));
  }

  fleet(id: string): Fleet | undefined {
    return this.fleets().find((fleet) => fleet.id === id);
  }

  fulfilling(fleet: Fleet): readonly InstanceView[] {
    return this.instances().filter((instance) => instance.spec.fleetId === fleet.id && isFulfilling(instance));
  }

  #lagMs(): number {
    const { clock, imperfections } = this.#options;
    return clock.realMs(imperfections.describeLagMs);
  }
}

const present = <T>(items: readonly (T | undefined)[]): readonly T[] => items.filter((item) => item !== undefined);

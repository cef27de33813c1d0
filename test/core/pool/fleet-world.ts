/**
 * A small world in which rule R6 is checked: several controllers and workers that take their steps in any order, a fleet that replaces lost instances,
 * reclaims, new jobs, describe calls that lag. One step is one call to AWS. Whatever the order, the invariants must hold at the end of each step.
 */
import { definedFields } from '../../../core/defined-fields.js';
import { decideTarget } from '../../../core/pool/capacity.js';
import { nextFleetAction, type ExitTicketSeen } from '../../../core/pool/exit-grants.js';
import type { FleetState } from '../../../core/contract/fleet-state.js';

interface Instance {
  readonly id: string;
  alive: boolean;
  phase: 'booting' | 'polling' | 'busy' | 'idle' | 'granted' | 'confirming' | 'leaving' | 'voiding';
  job?: Job;
  /** The generation and grants that it read from `state.json`. */
  read?: { readonly generation: number; readonly grants: number };
  ticket?: Ticket;
}

interface Ticket {
  readonly generation: number;
  readonly number: number;
  readonly instance: string;
  void: boolean;
}

interface Job {
  readonly id: string;
  readonly total: number;
  readonly maxWorkers: number | undefined;
  sent: number;
  visible: number;
  done: number;
  enqueued: boolean;
}

interface Snapshot {
  readonly step: number;
  readonly target: number;
  readonly live: readonly string[];
}

/** A controller and the parts of the observation that it has made so far. */
interface Controller {
  stage: 'jobs' | 'state' | 'fleet' | 'tickets' | 'act';
  demands: Parameters<typeof decideTarget>[0]['demands'];
  demandsStep: number;
  state: FleetState | undefined;
  etag: number;
  snapshot: Snapshot;
  tickets: readonly ExitTicketSeen[];
}

interface Publication {
  readonly target: number;
  readonly snapshotStep: number;
  readonly demandsStep: number;
}

export interface WorldOptions {
  readonly controllers: number;
  readonly maxWorkers: number;
  /** The number of steps that a describe call may be behind. */
  readonly lag: number;
}

export class FleetWorld {
  #now = 0;
  #fleetTarget = 0;
  readonly #instances: Instance[] = [];
  readonly #jobs: Job[] = [];
  readonly #tickets: Ticket[] = [];
  readonly #snapshots: Snapshot[] = [{ step: 0, target: 0, live: [] }];
  readonly #reclaimSteps: number[] = [];
  readonly #publications = new Map<number, Publication>();
  readonly #exits = new Map<number, number>();
  readonly #grants = new Map<number, number>();
  #state: FleetState | undefined;
  #etag = 0;
  #newWorkStep = 0;
  readonly #controllers: Controller[];

  readonly #options: WorldOptions;

  constructor(options: WorldOptions) {
    this.#options = options;
    this.#controllers = Array.from({ length: options.controllers }, () => ({
      stage: 'jobs' as const,
      demands: [],
      demandsStep: 0,
      state: undefined,
      etag: 0,
      snapshot: { step: 0, target: 0, live: [] },
      tickets: [],
    }));
  }

  submit(total: number, maxWorkers: number | undefined): void {
    this.#tick();
    const id = `job-${this.#jobs.length}`;
    this.#jobs.push({ id, total, maxWorkers, sent: 0, visible: 0, done: 0, enqueued: false });
  }

  send(pick: number): void {
    const job = this.#jobs.filter(({ enqueued }) => !enqueued).at(0);
    if (job === undefined) return;
    this.#tick();
    const count = Math.min(job.total - job.sent, 1 + (pick % 4));
    job.sent += count;
    job.visible += count;
    job.enqueued = job.sent === job.total;
    // A job that is still being sent may bring more work at any moment.
    this.#newWorkStep = job.enqueued ? this.#now : Infinity;
  }

  launch(): void {
    if (this.#live().length >= this.#fleetTarget) return;
    this.#instances.push({ id: `i-${this.#instances.length}`, alive: true, phase: 'booting' });
    this.#tick();
  }

  reclaim(pick: number): void {
    const instance = pickOf(this.#live(), pick);
    if (instance === undefined) return;
    instance.alive = false;
    if (instance.job !== undefined) instance.job.visible += 1;
    this.#tick();
    this.#reclaimSteps.push(this.#now);
  }

  /** R9: the schedule that parks the fleet, no-termination, when no controller pushes it out. */
  deadManFires(): void {
    this.#fleetTarget = 0;
    this.#tick();
  }

  /** Computing a batch and shutting an instance down take many steps. */
  work(pick: number, patience: number): void {
    const instance = pickOf(this.#live(), pick);
    if (instance === undefined) return;
    const slow = instance.phase === 'busy' || instance.phase === 'leaving';
    if (!slow || patience % 8 === 0) this.#workOf(instance);
  }

  control(pick: number, lagPick: number): void {
    const controller = pickOf(this.#controllers, pick);
    if (controller !== undefined) this.#controlOf(controller, lagPick);
  }

  /** Starts with a fleet that is up and has work, because R6 is about what follows. */
  rise(): void {
    for (let round = 0; round < 60; round++) {
      this.send(3);
      this.launch();
      for (const controller of this.#controllers) this.#controlOf(controller, 0);
      for (const instance of this.#live()) if (instance.phase !== 'busy') this.#workOf(instance);
    }
  }

  /** Lets all act in turn, until nothing more happens; without lag, reclaims and new jobs. */
  settle(): void {
    for (let round = 0; round < 400; round++) {
      this.send(3);
      this.launch();
      for (const instance of this.#live()) this.#workOf(instance);
      for (const controller of this.#controllers) this.#controlOf(controller, 0);
    }
  }

  end(): { readonly live: number; readonly target: number; readonly published: number; readonly left: number } {
    return {
      live: this.#live().length,
      target: this.#fleetTarget,
      published: this.#state?.target ?? 0,
      left: this.#jobs.reduce((sum, { total, done }) => sum + total - done, 0),
    };
  }

  #workOf(instance: Instance): void {
    switch (instance.phase) {
      case 'booting':
        instance.phase = 'polling';
        break;
      case 'polling': {
        const job = this.#jobs.find(({ visible }) => visible > 0);
        if (job !== undefined) job.visible -= 1;
        if (job !== undefined) instance.job = job;
        instance.phase = job === undefined ? 'idle' : 'busy';
        break;
      }
      case 'busy':
        if (instance.job !== undefined) instance.job.done += 1;
        delete instance.job;
        instance.phase = 'polling';
        break;
      case 'idle':
        if (this.#state !== undefined) instance.read = this.#state;
        instance.phase = (instance.read?.grants ?? 0) > 0 ? 'granted' : 'polling';
        break;
      case 'granted':
        instance.phase = this.#takeTicket(instance) ? 'confirming' : 'polling';
        break;
      case 'confirming':
        instance.phase = this.#state?.generation === instance.ticket?.generation ? 'leaving' : 'voiding';
        break;
      case 'voiding':
        if (instance.ticket !== undefined) instance.ticket.void = true;
        instance.phase = 'polling';
        break;
      case 'leaving':
        this.#leave(instance);
        break;
    }
    this.#tick();
  }

  #takeTicket(instance: Instance): boolean {
    const { generation = 0, grants = 0 } = instance.read ?? {};
    const taken = new Set(this.#tickets.filter((ticket) => ticket.generation === generation).map((t) => t.number));
    for (let number = 0; number < grants; number++) {
      if (taken.has(number)) continue;
      instance.ticket = { generation, number, instance: instance.id, void: false };
      this.#tickets.push(instance.ticket);
      return true;
    }
    return false;
  }

  #leave(instance: Instance): void {
    const generation = instance.ticket?.generation ?? -1;
    if (instance.job !== undefined) throw new Error(`${instance.id} was busy when it ended itself`);
    instance.alive = false;
    const exits = (this.#exits.get(generation) ?? 0) + 1;
    this.#exits.set(generation, exits);
    if (exits > (this.#grants.get(generation) ?? 0)) throw new Error(`generation ${generation} had ${exits} exits`);

    const granted = this.#publications.get(generation);
    const latest = [...this.#publications.values()].at(-1);
    if (granted === undefined || latest === undefined) throw new Error(`generation ${generation} was never published`);
    const since = Math.min(granted.snapshotStep, latest.snapshotStep);
    const reclaimed = this.#reclaimSteps.filter((step) => step > since).length;
    const least = Math.min(granted.target, latest.target);
    const left = this.#live().length;
    if (left + reclaimed < least)
      throw new Error(`${left} live after an exit, ${reclaimed} reclaimed, target ${least}`);
  }

  #controlOf(controller: Controller, lagPick: number): void {
    switch (controller.stage) {
      case 'jobs':
        controller.demands = this.#jobs.map((job) => ({
          job: job.id,
          left: job.sent - job.done,
          enqueued: job.enqueued,
          ...definedFields({ maxWorkers: job.maxWorkers }),
        }));
        controller.demandsStep = this.#now;
        controller.stage = 'state';
        break;
      case 'state':
        controller.state = this.#state;
        controller.etag = this.#etag;
        controller.stage = 'fleet';
        break;
      case 'fleet': {
        const behind = this.#options.lag === 0 ? 0 : lagPick % (this.#options.lag + 1);
        controller.snapshot = this.#snapshots.at(-1 - behind) ?? (this.#snapshots[0] as Snapshot);
        controller.stage = 'tickets';
        break;
      }
      case 'tickets':
        controller.tickets = this.#tickets.map((ticket) => ({ ...ticket }));
        controller.stage = 'act';
        break;
      case 'act':
        this.#act(controller);
        controller.stage = 'jobs';
        break;
    }
    this.#tick();
  }

  #act(controller: Controller): void {
    const { state, snapshot, tickets, demands } = controller;
    const desired = decideTarget({
      demands,
      reportedSlots: snapshot.live.map((id) => 1 + (Number(id.slice(2)) % 3)),
      maxWorkers: this.#options.maxWorkers,
      published: state,
    });
    const action = nextFleetAction({
      state,
      shownTarget: snapshot.target,
      modifying: false,
      live: new Set(snapshot.live),
      departing: new Set(),
      tickets,
      desired,
      awaited: undefined,
    });
    if (action.kind === 'set-target') this.#setTarget(action.target, controller);
    if (action.kind !== 'close' && action.kind !== 'publish') return;
    if (controller.etag !== this.#etag) return; // 412: the loser observes again
    if (action.state.generation <= (this.#state?.generation ?? 0)) throw new Error('a generation came again');
    if (action.state.grants > 0 && (this.#state?.grants ?? 0) > 0) throw new Error('opened from an open generation');
    this.#state = { version: 1, ...action.state, at: '' };
    this.#etag += 1;
    this.#grants.set(action.state.generation, action.state.grants);
    if (action.kind === 'publish') this.#publish(action.state.generation, action.state.target, controller);
  }

  /** With one controller and describe calls that do not lag, the fleet's own target falls monotonically, too. */
  #setTarget(target: number, { demandsStep, state }: Controller): void {
    const alone = this.#options.controllers === 1 && this.#options.lag === 0;
    const latest = [...this.#publications.values()].at(-1);
    const noNewWork =
      latest !== undefined && this.#newWorkStep <= latest.demandsStep && demandsStep >= this.#newWorkStep;
    if (alone && noNewWork && target > (state?.target ?? 0)) throw new Error(`raised to ${target} without new work`);
    this.#fleetTarget = target;
  }

  #publish(generation: number, target: number, { snapshot, demandsStep }: Controller): void {
    const before = [...this.#publications.values()].at(-1);
    if (before !== undefined && this.#newWorkStep <= before.demandsStep && target > before.target) {
      throw new Error(`published ${target} after ${before.target} without new work`);
    }
    this.#publications.set(generation, { target, snapshotStep: snapshot.step, demandsStep });
  }

  #live(): Instance[] {
    return this.#instances.filter(({ alive }) => alive);
  }

  #tick(): void {
    this.#now += 1;
    this.#snapshots.push({ step: this.#now, target: this.#fleetTarget, live: this.#live().map(({ id }) => id) });
  }
}

function pickOf<T>(items: readonly T[], pick: number): T | undefined {
  return items.length === 0 ? undefined : items[pick % items.length];
}

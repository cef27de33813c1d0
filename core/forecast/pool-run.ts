/**
 * One run of a simulated pool: a discrete-event simulation of a job from its submit until the last instance has ended.
 *
 * Invariants:
 * - Every batch is in exactly one place: in the queue, in a slot, on its way back to the queue, or done.
 * - The fleet has `target` instances, live or asked for, unless more are live: those leave as the policy says.
 * - The decisions are the policy's, and for spotpool the product's own functions: its target, its exits (R6), its drain (R3).
 * - The same plan and the same draws give the same result.
 */
import { decideDrain, UNSAVED_WORK_MS } from '../batch/drain.js';
import { exitsAbove } from '../pool/exit-grants.js';
import { EventQueue } from './event-queue.js';
import { PendingRequests } from './pending.js';
import type { PoolPlan, RunDraws } from './pool-plan.js';
import { type RunResult, RunTally } from './run-tally.js';
import { Slots } from './slots.js';

const EVENT = { arrival: 0, ready: 1, done: 2, notice: 3, taken: 4, visible: 5, pass: 6, exit: 7 } as const;
const PHASE = { starting: 0, ready: 1, departing: 2, gone: 3 } as const;

const HOUR_MS = 3_600_000;
/** A job that takes longer than this does not end, for instance because its batches outlast its instances. */
const LONGEST_MS = 30 * 24 * HOUR_MS;
/** A batch that ends takes a few events. A run with so many more is one whose batches are reclaimed again and again. */
const EVENTS_OF_A_BATCH = 100;
const LEAST_MOST_EVENTS = 100_000;

export const runPool = (plan: PoolPlan, draws: RunDraws): RunResult => new PoolRun(plan, draws).run();

class PoolRun {
  #nowMs = 0;
  #target: number | undefined;
  #grants = 0;
  /** The next pass; -1: none is planned. */
  #passAtMs = -1;
  #lastPassMs = 0;
  #left: number;
  #nextWaiting = 0;
  #live = 0;
  #departing = 0;
  #ready = 0;
  #hasBegun = false;
  #asked = 0;
  #reportedSlots: readonly number[] = [];
  readonly #waiting: number[];
  readonly #itemsLeft: Float64Array;
  readonly #workMs: Float64Array;
  readonly #phases: number[] = [];
  readonly #readyMs: number[] = [];
  readonly #events = new EventQueue();
  readonly #pending = new PendingRequests();
  readonly #slots: Slots;
  readonly #tally: RunTally;
  readonly #plan: PoolPlan;
  readonly #draws: RunDraws;

  constructor(plan: PoolPlan, draws: RunDraws) {
    const { batchItems, item, scenario } = plan;
    const { itemsOfATime = 1 } = scenario.work;
    this.#plan = plan;
    this.#draws = draws;
    this.#slots = new Slots(scenario.pool.slots);
    this.#tally = new RunTally(plan);
    this.#left = batchItems.length;
    this.#waiting = batchItems.map((_, batch) => batch);
    this.#itemsLeft = Float64Array.from(batchItems);
    this.#workMs = Float64Array.from(batchItems, (items) => {
      const times = Math.max(1, Math.round(items / itemsOfATime));
      return item.drawSum(times, draws.work) * (items / times);
    });
  }

  run(): RunResult {
    const most = LEAST_MOST_EVENTS + EVENTS_OF_A_BATCH * this.#plan.batchItems.length;
    this.#pass();
    for (let events = 0; this.#left > 0 || this.#live > 0; events += 1) {
      if (events >= most || !this.#events.take() || this.#events.atMs > LONGEST_MS) break;
      this.#nowMs = this.#events.atMs;
      if (this.#handle(this.#events.kind, this.#events.subject)) this.#settle();
    }
    return this.#tally.result(this.#left === 0 && this.#live === 0 ? (this.#tally.doneMs.at(-1) ?? 0) : Infinity);
  }

  /** Returns true when a controller would see a change. */
  #handle(kind: number, subject: number): boolean {
    switch (kind) {
      case EVENT.arrival:
        return this.#arrive(subject);
      case EVENT.ready:
        return this.#becomeReady(subject);
      case EVENT.done:
        return this.#finish(subject);
      case EVENT.notice:
        return this.#notice(subject);
      case EVENT.taken:
        return this.#take(subject);
      case EVENT.exit:
        return this.#end(subject, false);
      case EVENT.visible:
        this.#waiting.push(subject);
        this.#assign();
        return true;
      default:
        this.#pass();
        return false;
    }
  }

  /** The fleet replaces what it lost, and the controller looks: at once, or with its next pass. */
  #settle(): void {
    const { everyMs } = this.#plan.policy;
    if (everyMs === 0) this.#pass();
    else {
      this.#fill();
      this.#planPass(everyMs);
    }
  }

  /** Passes come at multiples of their interval. Those that would see no change are left out. */
  #planPass(everyMs: number): void {
    if (this.#passAtMs >= this.#nowMs) return;
    this.#passAtMs = Math.max(Math.ceil(this.#nowMs / everyMs) * everyMs, this.#lastPassMs + everyMs);
    this.#events.add(this.#passAtMs, EVENT.pass, 0);
  }

  #pass(): void {
    const { policy, batchItems, maxInstances, meanBatchMs, scenario } = this.#plan;
    const before = this.#target;
    this.#passAtMs = -1;
    this.#lastPassMs = this.#nowMs;
    this.#target = policy.target({
      nowMs: this.#nowMs,
      batches: batchItems.length,
      left: this.#left,
      waiting: this.#waiting.length - this.#nextWaiting,
      live: this.#live,
      target: before,
      reportedSlots: this.#reportedSlots,
      maxInstances,
      slots: scenario.pool.slots,
      batchMs: meanBatchMs,
    });
    this.#fill();
    const isLower = before !== undefined && this.#target < before;
    if (policy.endsStarting === true && isLower) this.#endStarting();
    if (policy.exits === 'granted') this.#grantExits(this.#target);
    if (policy.everyMs > 0 && this.#target !== before) this.#planPass(policy.everyMs);
  }

  #fill(): void {
    const missing = (this.#target ?? 0) - this.#live - this.#pending.count;
    if (missing < 0) this.#pending.takeBack(-missing);
    if (missing <= 0) return;
    const { arrival, scenario } = this.#plan;
    const { firstArrivalsMs = [] } = scenario.pool;
    const timesMs = Array.from({ length: missing }, (_, nth) => {
      const drawnMs = this.#nowMs + arrival.draw(this.#draws.arrivals);
      return firstArrivalsMs[this.#asked + nth] ?? drawnMs;
    });
    this.#asked += missing;
    const first = this.#pending.add(timesMs);
    timesMs.forEach((atMs, nth) => this.#events.add(Math.max(atMs, this.#nowMs), EVENT.arrival, first + nth));
  }

  #grantExits(target: number): void {
    this.#grants = exitsAbove({ live: this.#live, leaving: this.#departing, target });
    for (let instance = 0; this.#grants > 0 && instance < this.#phases.length; instance += 1) this.#mayLeave(instance);
  }

  #mayLeave(instance: number): void {
    const isIdle = this.#phases[instance] === PHASE.ready && this.#slots.busyOf[instance] === 0;
    if (!isIdle || this.#grants <= 0) return;
    this.#grants -= 1;
    this.#depart(instance);
    this.#events.add(this.#nowMs + this.#plan.scenario.pool.exitMs, EVENT.exit, instance);
  }

  #endStarting(): void {
    this.#phases.forEach((phase, instance) => {
      if (phase === PHASE.starting) this.#end(instance, false);
    });
  }

  #depart(instance: number): void {
    if (this.#phases[instance] === PHASE.ready) this.#ready -= 1;
    this.#phases[instance] = PHASE.departing;
    this.#departing += 1;
  }

  #arrive(request: number): boolean {
    if (!this.#pending.come(request)) return false;
    const { boot, environment, scenario } = this.#plan;
    const { starts, reclaims: random } = this.#draws;
    const { perInstanceHour, noticeMs, withoutNotice } = scenario.pool.reclaims;
    const instance = this.#phases.length;
    const readyMs = this.#nowMs + boot.draw(starts) + environment.draw(starts);
    this.#phases.push(PHASE.starting);
    this.#readyMs.push(readyMs);
    this.#tally.launchesMs.push(this.#nowMs);
    this.#slots.addInstance();
    this.#live += 1;
    this.#events.add(readyMs, EVENT.ready, instance);
    const [luck, isNoticed] = [random(), random() >= withoutNotice];
    if (perInstanceHour === 0) return true;
    const takenMs = this.#nowMs - (Math.log(1 - luck) * HOUR_MS) / perInstanceHour;
    if (isNoticed) this.#events.add(Math.max(this.#nowMs, takenMs - noticeMs), EVENT.notice, instance);
    this.#events.add(takenMs, EVENT.taken, instance);
    return true;
  }

  #becomeReady(instance: number): boolean {
    if (this.#phases[instance] !== PHASE.starting) return false;
    this.#phases[instance] = PHASE.ready;
    this.#ready += 1;
    const { perInstance } = this.#slots;
    this.#reportedSlots = [perInstance];
    for (let slot = 0; slot < perInstance; slot += 1) this.#slots.offer(instance * perInstance + slot);
    this.#assign();
    this.#leaveWhenIdle(instance);
    return true;
  }

  /** An instance that finds no work ends at once, or takes a grant that is open. */
  #leaveWhenIdle(instance: number): void {
    const isIdle = this.#phases[instance] === PHASE.ready && this.#slots.busyOf[instance] === 0;
    if (!isIdle || !this.#hasBegun) return;
    if (this.#plan.policy.exits === 'at once') this.#end(instance, false);
    else this.#mayLeave(instance);
  }

  #assign(): void {
    const { beginsWith = 1 } = this.#plan.policy;
    this.#hasBegun ||= this.#ready >= beginsWith;
    if (!this.#hasBegun) return;
    const mayWork = (instance: number): boolean => this.#phases[instance] === PHASE.ready;
    while (this.#nextWaiting < this.#waiting.length) {
      const slot = this.#slots.takeIdle(mayWork);
      if (slot < 0) return;
      this.#begin(slot, this.#waiting[this.#nextWaiting] ?? 0);
      this.#nextWaiting += 1;
    }
  }

  #begin(slot: number, batch: number): void {
    const { load, policy } = this.#plan;
    const loads = policy.loadsEachBatch === true || this.#slots.isLoaded[slot] !== true;
    const loadMs = loads ? load.draw(this.#draws.loads) : 0;
    const times = { nowMs: this.#nowMs, loadMs, workMs: this.#workMs[batch] ?? 0 };
    this.#events.add(this.#slots.begin(slot, batch, times), EVENT.done, slot);
  }

  #finish(slot: number): boolean {
    if (this.#slots.dueMs[slot] !== this.#nowMs) return false;
    const instance = this.#slots.instanceOf(slot);
    this.#tally.loaded(this.#slots.loadMs[slot] ?? 0);
    this.#slots.isLoaded[slot] = true;
    this.#tally.computed(this.#workMs[this.#slots.clear(slot)] ?? 0);
    this.#tally.doneMs.push(this.#nowMs);
    this.#left -= 1;
    if (this.#plan.policy.endsAfterBatch === true) {
      if (this.#slots.busyOf[instance] === 0) this.#end(instance, false);
      return true;
    }
    if (this.#phases[instance] !== PHASE.ready) return true;
    this.#slots.offer(slot);
    this.#assign();
    this.#leaveWhenIdle(instance);
    return true;
  }

  /** R3: a worker finishes what fits into the time that is left, and saves the finished items of the rest. */
  #notice(instance: number): boolean {
    const phase = this.#phases[instance];
    const isUp = phase === PHASE.starting || phase === PHASE.ready;
    if (!isUp || this.#plan.policy.savesPartials !== true) return false;
    this.#depart(instance);
    const { noticeMs } = this.#plan.scenario.pool.reclaims;
    for (const slot of this.#slots.busyIn(instance)) {
      const batch = this.#slots.batch[slot] ?? 0;
      const { computedMs, items } = this.#progressOf(slot);
      const all = this.#itemsLeft[batch] ?? 0;
      // A slot knows its pace from its first slice on, whatever batch that was of.
      const isKnown = items > 0 || this.#slots.isLoaded[slot] === true;
      const msPerItem = isKnown ? (this.#workMs[batch] ?? 0) / Math.max(1, all) : undefined;
      if (decideDrain({ timeLeftMs: noticeMs, msPerItem, itemsLeft: all - items }).action === 'finish') continue;
      this.#giveBack(slot, computedMs);
      this.#waiting.push(batch);
    }
    this.#assign();
    return true;
  }

  #take(instance: number): boolean {
    if (this.#phases[instance] === PHASE.gone) return false;
    const { policy, scenario } = this.#plan;
    for (const slot of this.#slots.busyIn(instance)) {
      const batch = this.#slots.batch[slot] ?? 0;
      const { computedMs } = this.#progressOf(slot);
      const saves = policy.savesPartials === true;
      this.#giveBack(slot, saves ? Math.floor(computedMs / UNSAVED_WORK_MS) * UNSAVED_WORK_MS : 0);
      // Nobody hears of a worker that vanishes: its lease ends by itself.
      if (saves) this.#events.add(this.#nowMs + scenario.pool.leaseMs, EVENT.visible, batch);
      else this.#waiting.push(batch);
    }
    this.#end(instance, true);
    this.#assign();
    return true;
  }

  #progressOf(slot: number): { readonly computedMs: number; readonly items: number } {
    const batch = this.#slots.batch[slot] ?? 0;
    const [items, workMs] = [this.#itemsLeft[batch] ?? 0, this.#workMs[batch] ?? 0];
    const computedMs = Math.max(0, this.#nowMs - (this.#slots.beganMs[slot] ?? 0) - (this.#slots.loadMs[slot] ?? 0));
    return { computedMs, items: workMs <= 0 ? 0 : Math.min(items, Math.floor((items * computedMs) / workMs)) };
  }

  /** Takes the batch out of the slot. Whole items of the first `savedMs` of its work are not computed again. */
  #giveBack(slot: number, savedMs: number): void {
    const { computedMs } = this.#progressOf(slot);
    const spentMs = this.#nowMs - (this.#slots.beganMs[slot] ?? 0);
    this.#tally.loaded(Math.min(spentMs, this.#slots.loadMs[slot] ?? 0));
    const batch = this.#slots.clear(slot);
    const [items, workMs] = [this.#itemsLeft[batch] ?? 0, this.#workMs[batch] ?? 0];
    const saved = workMs <= 0 ? 0 : Math.min(items, Math.floor((items * savedMs) / workMs));
    const keptMs = items === 0 ? 0 : (workMs * saved) / items;
    this.#itemsLeft[batch] = items - saved;
    this.#workMs[batch] = workMs - keptMs;
    this.#tally.computed(computedMs, Math.max(0, computedMs - keptMs));
  }

  #end(instance: number, reclaimed: boolean): boolean {
    const phase = this.#phases[instance];
    if (phase === PHASE.gone) return false;
    if (phase === PHASE.ready) this.#ready -= 1;
    if (phase === PHASE.departing) this.#departing -= 1;
    this.#phases[instance] = PHASE.gone;
    this.#live -= 1;
    this.#tally.ended(instance, { nowMs: this.#nowMs, readyMs: this.#readyMs[instance] ?? 0, reclaimed });
    return true;
  }
}

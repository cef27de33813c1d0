/**
 * R6: nobody leaves above the target without a ticket, a generation has no more tickets than grants, and grants follow a target that the granting controller
 * has seen.
 */
import { decodeExitTicket, decodeFleetState, type FleetState } from '../../../core/contract/fleet-state.js';
import type { NewWorkerEvent } from '../../../core/contract/events.js';
import { exitTicketsPrefix, fleetStateKey } from '../../../core/contract/keys.js';
import type { FleetDescription } from '../../../runner/ports.js';
import type { Observer, ServiceCall } from '../calls.js';
import type { SimulatedProcess } from '../process.js';
import type { World } from '../world/world.js';

export class Exits implements Observer {
  #state: FleetState | undefined;
  readonly #grants = new Map<number, number>();
  /** The fleet as each controller saw it last. */
  readonly #described = new Map<SimulatedProcess, FleetDescription>();
  /** Workers whose newest ticket came when its generation was over. */
  readonly #late = new Set<SimulatedProcess>();
  /** When each worker last reported something of a batch, or began. */
  readonly #busyAtMs = new Map<SimulatedProcess, number>();

  onCall(call: ServiceCall, world: World): void {
    const { process } = call;
    switch (call.operation) {
      case 'ec2.describe':
        this.#described.set(process, call.description);
        return;
      case 'ec2.set-target':
        if (call.policy === 'no-termination') return;
        return world.problem(`R6: ${process.name} set the target to ${call.target} with the policy ${call.policy}`);
      case 's3.put':
        if (call.key === fleetStateKey) this.#checkState(call, world);
        else if (call.key.startsWith(exitTicketsPrefix)) this.#checkTicket(call, world);
        return;
      default:
    }
  }

  onWorkerEvent(process: SimulatedProcess, event: NewWorkerEvent, world: World): void {
    // A batch of a job that is over is dropped unread, which is no work.
    const isAtWork = event.code === 'worker-started' || (event.batch !== undefined && event.code !== 'batch-dropped');
    if (isAtWork) this.#busyAtMs.set(process, process.clock.nowMs());
    if (event.code !== 'worker-ended') return;
    if (event.reason === 'ticket') this.#checkLeaves(process, event.held, world);
    if (event.reason !== 'idle') return;
    const idleMs = process.clock.nowMs() - (this.#busyAtMs.get(process) ?? Number.NEGATIVE_INFINITY);
    // The clock of a worker may jump, so the check allows for the largest jump.
    if (idleMs + LARGEST_JUMP_MS < world.settings.maxIdleMs) {
      world.problem(`R6: ${process.name} left as idle after ${idleMs} ms, without a ticket`);
    }
  }

  #checkState({ body, options, process, result }: Put, world: World): void {
    if (options.ifMatch === undefined && options.ifNoneMatch !== true) {
      world.problem(`R6: ${process.name} wrote ${fleetStateKey} without a condition`);
    }
    if (result.kind !== 'written') return;
    const state = decodeFleetState(body);
    if (state === undefined) return world.problem(`R6: ${process.name} wrote a fleet state that cannot be read`);
    const before = this.#state;
    this.#state = state;
    this.#grants.set(state.generation, state.grants);
    if (before !== undefined && state.generation <= before.generation) {
      world.problem(`R6: ${process.name} wrote generation ${state.generation} after ${before.generation}`);
    }
    if (state.grants === 0) return;
    if (before !== undefined && before.grants > 0) {
      world.problem(`R6: ${process.name} opened grants in generation ${state.generation} while others were open`);
    }
    const seen = this.#described.get(process);
    const live =
      seen?.instances.filter((instance) => instance.state === 'pending' || instance.state === 'running') ?? [];
    if (seen?.target !== state.target || seen.state === 'modifying') {
      world.problem(
        `R6: ${process.name} granted exits at target ${state.target}, and had last seen target ${seen?.target}`,
      );
    }
    if (state.grants > Math.max(0, live.length - state.target)) {
      world.problem(
        `R6: ${process.name} granted ${state.grants} exits with ${live.length} live instances and target ${state.target}`,
      );
    }
  }

  #checkTicket({ body, key, options, process, result }: Put, world: World): void {
    const ticket = decodeExitTicket(body);
    if (result.kind !== 'written' || ticket?.void === true) return;
    const [generation = Number.NaN, number = Number.NaN] = key
      .slice(exitTicketsPrefix.length, -'.json'.length)
      .split('/')
      .map(Number);
    const grants = this.#grants.get(generation);
    if (generation === this.#state?.generation) this.#late.delete(process);
    else this.#late.add(process);
    if (options.ifNoneMatch !== true) world.problem(`R6: ${process.name} took the ticket ${key} without If-None-Match`);
    if (grants === undefined || number >= grants) {
      world.problem(`R6: ${process.name} took the ticket ${key}, and its generation grants ${grants ?? 'none'}`);
    }
  }

  #checkLeaves(process: SimulatedProcess, held: number, world: World): void {
    const tickets = world.bucket
      .keys(exitTicketsPrefix)
      .flatMap((key) => decodeExitTicket(world.bucket.text(key) ?? '') ?? [])
      .filter((ticket) => ticket.instance === process.name && ticket.void !== true);
    if (tickets.length === 0) world.problem(`R6: ${process.name} left without a ticket`);
    if (this.#late.has(process)) world.problem(`R6: ${process.name} left with a ticket of a generation that was over`);
    if (held > 0) world.problem(`R6: ${process.name} left with a ticket and held ${held} batches`);
  }
}

const LARGEST_JUMP_MS = 60_000;

type Put = Extract<ServiceCall, { operation: 's3.put' }>;

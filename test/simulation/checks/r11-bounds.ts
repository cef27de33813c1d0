/** R11: messages are small, batches held are few, nothing that is written is without bound, and nothing spins. */
import { MOST_FLEET_STATE_BYTES } from '../../../core/contract/fleet-state.js';
import type { Observer, ServiceCall } from '../calls.js';
import type { SimulatedProcess } from '../process.js';
import type { World } from '../world/world.js';
import { type HeldLeases, isHeldAt } from './held-leases.js';

const MOST_MESSAGE_BYTES = 1_024;
/** Slots and batches ahead of them in the smallest jobs: two processors, short batches by the dozen. */
const MOST_HELD = 100;
/** A process that asks more often than this does not wait for anything. */
const MOST_CALLS_A_MINUTE = 6_000;
const MINUTE_MS = 60_000;

export class Bounds implements Observer {
  readonly #leases: HeldLeases;
  readonly #calls = new Map<SimulatedProcess, { minute: number; calls: number }>();

  constructor(leases: HeldLeases) {
    this.#leases = leases;
  }

  onCall(call: ServiceCall, world: World): void {
    this.#count(call, world);
    switch (call.operation) {
      case 'sqs.send':
        for (const body of call.bodies) {
          if (Buffer.byteLength(body) >= MOST_MESSAGE_BYTES)
            world.problem(`R11: a message of ${Buffer.byteLength(body)} bytes: ${body}`);
        }
        return;
      case 'sqs.receive':
        if (call.messages.length > 0) this.#checkHeld(call, world);
        return;
      case 's3.put':
        if (call.body.length > MOST_FLEET_STATE_BYTES) world.problem(`R11: ${call.key} has ${call.body.length} bytes`);
        return;
      default:
    }
  }

  #checkHeld({ atMs, process }: ServiceCall, world: World): void {
    const held = this.#leases.allOf(process).filter((lease) => isHeldAt(lease, atMs)).length;
    if (held > MOST_HELD) world.problem(`R11: ${process.name} holds ${held} batches`);
  }

  #count({ atMs, process, operation }: ServiceCall, world: World): void {
    const minute = Math.floor(atMs / MINUTE_MS);
    const counted = this.#calls.get(process);
    if (counted?.minute !== minute) this.#calls.set(process, { minute, calls: 1 });
    else if (++counted.calls === MOST_CALLS_A_MINUTE) {
      world.problem(`R11: ${process.name} made ${counted.calls} calls in a minute, the last was ${operation}`);
    }
  }
}

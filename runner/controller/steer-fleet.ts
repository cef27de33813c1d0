/**
 * Steers the fleet to its target: observe, decide, act, and observe again, until nothing is left to do or the fleet must be waited for. The order of
 * the steps, and why it is safe, is in core/pool/exit-grants.ts.
 */
import type { TargetDecision } from '../../core/pool/capacity.js';
import { awaitedTarget } from '../../core/pool/pool-state.js';
import { carryOut } from './act/carry-out.js';
import { keepArmed } from './act/hold-switch.js';
import { decideAction, decideDesired, type FleetDemand, isGone, type Statuses } from './decide/fleet-step.js';
import { goneTrouble, replacedTrouble, teardownTrouble } from './decide/troubles.js';
import { learn } from './memory.js';
import { readFleet, type FleetReading } from './observe/read-fleet.js';
import { readStatuses, type StatusReading } from './observe/read-statuses.js';
import type { PassContext } from './pass-context.js';

/** Close, set, publish, and as many lost races: after more steps in one pass, another controller must be at work. */
const MAX_STEPS = 6;

/** The fleet as it was when the pass had nothing more to do. */
export interface Steered {
  readonly reading: FleetReading;
  readonly statuses: Statuses;
  readonly heard: Pick<StatusReading, 'heardAtMs' | 'atMs'>;
  readonly desired: TargetDecision;
}

export async function steerFleet(demand: FleetDemand, context: PassContext): Promise<Steered> {
  const { ports, memory, signal } = context;
  let heard: StatusReading | undefined;
  for (let step = 1; ; step++) {
    const reading = await readFleet(ports, memory, signal);
    // Workers write their status once a second at most: one look in a pass is enough.
    heard ??= await readStatuses(ports.store, reading.live, memory.statuses, signal);
    const { statuses } = heard;
    const desired = decideDesired(demand, reading, statuses);
    const steered = { reading, statuses, heard, desired };
    const { target } = reading.description;
    learn(memory, { kind: 'target-described', target });
    reportTroubles(reading, context);
    if (isGone(reading) || step > MAX_STEPS) return steered;
    if (desired.target > 0 || target > 0) await keepArmed(context);
    const awaited = awaitedTarget(memory.pool, ports.clock.nowMs());
    const action = decideAction(desired, reading, { statuses, awaited });
    if (!(await carryOut(action, { reading, why: desired.reason }, context))) return steered;
  }
}

function reportTroubles({ description, state }: FleetReading, { events }: PassContext): void {
  events.trouble('fleet-gone', goneTrouble(description));
  events.trouble('fleet-replaced', replacedTrouble(description));
  events.trouble('torn-down', teardownTrouble(state?.teardown));
}

/**
 * Carries out core/pool/exit-grants.ts: observe, take the next step, observe again, until nothing is to be done or the fleet must be
 * waited for. Never raises without the dead-man's switch (R9).
 */
import type { TargetDecision } from '../../../core/pool/capacity.js';
import { nextFleetAction, type FleetAction, type NewFleetState } from '../../../core/pool/exit-grants.js';
import type { FleetState, WorkerStatus } from '../../../core/contract/fleet-state.js';
import { fleetStateKey } from '../../../core/contract/keys.js';
import { armForRaise, keepArmed, type Means } from './hold-switch.js';
import { JSON_TYPE, toJson } from '../json-objects.js';
import type { PassEvents } from '../pass-events.js';
import type { ControllerMemory, ControllerPorts } from '../ports.js';
import {
  fleetReplacedSentence,
  isDeparting,
  readFleet,
  readStatuses,
  type FleetReading,
} from '../observe/read-fleet.js';

/** Close, set, publish, and as many lost races: more in one pass means that somebody else is at work. */
const MAX_STEPS = 6;
/** EC2's describe calls lag behind by seconds; after this the target is set again. */
const AWAIT_TARGET_MS = 15_000;

export interface Steering {
  readonly decide: (reading: FleetReading, reportedSlots: readonly number[]) => TargetDecision;
  readonly events: PassEvents;
}

/** The fleet as it was when the pass had nothing more to do. */
export interface Steered {
  readonly reading: FleetReading;
  readonly statuses: ReadonlyMap<string, WorkerStatus>;
  readonly desired: TargetDecision;
}

export async function steerFleet(
  ports: ControllerPorts,
  memory: ControllerMemory,
  { decide, events }: Steering,
  signal: AbortSignal,
): Promise<Steered> {
  let statuses: Steered['statuses'] | undefined;
  for (let step = 1; ; step++) {
    const reading = await readFleet(ports, memory, signal);
    // Workers write their status once a second at most: one look a pass is as good as one a step.
    statuses ??= await readStatuses(ports.store, reading.live, signal);
    const desired = decide(reading, slotsOf(reading, statuses));
    const steered = { reading, statuses, desired };
    const { state: fleetState, target } = reading.description;
    if (memory.awaited?.target === target) delete memory.awaited;
    const gone = fleetState === 'deleted' || fleetState === 'failed';
    events.trouble('fleet-gone', gone, () => `The fleet is ${fleetState}: deploy the stack again.`);
    const { insteadOf } = reading.description;
    events.trouble('fleet-replaced', insteadOf !== undefined, () => fleetReplacedSentence(insteadOf));
    const { teardown } = reading.state ?? {};
    events.trouble(
      'torn-down',
      teardown !== undefined,
      () => `The stack is being torn down by ${teardown?.by}: the fleet is not raised any more.`,
    );
    if (gone || step > MAX_STEPS) return steered;
    if (desired.target > 0 || target > 0) await keepArmed({ ports, memory, events, signal });
    const action = nextFleetAction({
      state: reading.state,
      shownTarget: target,
      modifying: fleetState === 'modifying',
      live: new Set(reading.live.map(({ instance }) => instance)),
      departing: new Set([...statuses.values()].filter(isDeparting).map(({ instance }) => instance)),
      tickets: reading.tickets,
      desired,
      awaited: awaitedTarget(memory, ports.clock.nowMs()),
    });
    if (!(await carryOut(action, steered, { ports, memory, events, signal }))) return steered;
  }
}

function slotsOf({ live }: FleetReading, statuses: Steered['statuses']): readonly number[] {
  return live.flatMap(({ instance }) => statuses.get(instance)?.slots ?? []);
}

const idleWorkers = (grants: number): string => (grants === 1 ? '1 idle worker' : `${grants} idle workers`);

/** True when another observation may bring another step. */
async function carryOut(action: FleetAction, { reading, desired }: Steered, means: Means): Promise<boolean> {
  switch (action.kind) {
    case 'none':
    case 'wait':
      return false;
    case 'close':
      await publish(action.state, reading.etag, means);
      return true;
    case 'publish':
      if ((await publish(action.state, reading.etag, means)) && action.state.grants > 0) {
        means.events.add('exits-granted', `${idleWorkers(action.state.grants)} may end: ${action.reason}.`);
      }
      return true;
    case 'set-target':
      return setTarget(action, { shown: reading.description.target, why: desired.reason }, means);
  }
}

async function setTarget(
  action: FleetAction & { kind: 'set-target' },
  { shown, why }: { readonly shown: number; readonly why: string },
  means: Means,
): Promise<boolean> {
  const { ports, memory, events, signal } = means;
  if (action.raise && !(await armForRaise(means))) return false;
  if ((await ports.fleet.setTarget(action.target, signal)) === 'busy') return false;
  memory.awaited = { target: action.target, atMs: ports.clock.nowMs() };
  events.add(
    action.raise ? 'target-raised' : 'target-lowered',
    `The fleet's target is ${action.raise ? 'raised' : 'lowered'} from ${shown} to ${action.target}: ${why}.`,
  );
  return true;
}

/** False when somebody else has published since the reading: the next observation sees it. */
async function publish(state: NewFleetState, etag: string | undefined, means: Means): Promise<boolean> {
  const { ports, signal } = means;
  const body: FleetState = { version: 1, ...state, at: new Date(ports.clock.nowMs()).toISOString() };
  const put = await ports.store.put(fleetStateKey, toJson(body), {
    signal,
    contentType: JSON_TYPE,
    ...(etag === undefined ? { ifNoneMatch: true } : { ifMatch: etag }),
  });
  return put.kind === 'written';
}

/** Accepted by the fleet, shown by no describe call yet, and not so long ago that it must have come to nothing. */
export function awaitedTarget({ awaited }: ControllerMemory, nowMs: number): number | undefined {
  if (awaited === undefined) return undefined;
  // A clock that was set back must not make it wait for an hour.
  const ageMs = nowMs - awaited.atMs;
  return ageMs >= 0 && ageMs < AWAIT_TARGET_MS ? awaited.target : undefined;
}

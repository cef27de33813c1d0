/** Reads the fleet: the controllers' published state, EC2's description and the exit tickets. */
import type { ExitTicketSeen } from '../../../core/pool/exit-grants.js';
import {
  decodeExitTicket,
  decodeFleetState,
  MOST_FLEET_STATE_BYTES,
  MOST_TICKET_BYTES,
  type ExitTicket,
  type FleetState,
  type WorkerStatus,
} from '../../../core/contract/fleet-state.js';
import { exitTicketsPrefix, fleetStateKey } from '../../../core/contract/keys.js';
import { definedFields } from '../../../core/defined-fields.js';
import { mapBounded } from '../../../core/map-bounded.js';
import type { Fleet, FleetDescription, FleetInstance, ListedObject, ObjectStore } from '../../ports.js';
import { getObject, type Kind, readObject } from '../json-objects.js';
import type { ControllerMemory, KnownTicket } from '../memory.js';

const READS_AT_ONCE = 16;
/** The clocks of S3 and EC2 differ by less. An instance that one describe call left out is shown again by then. */
const TICKET_MARGIN_MS = 600_000;

const FLEET_STATE: Kind<FleetState> = {
  name: "a controller's state of the fleet",
  mostBytes: MOST_FLEET_STATE_BYTES,
  decode: decodeFleetState,
};
const EXIT_TICKET: Kind<ExitTicket> = {
  name: 'an exit ticket',
  mostBytes: MOST_TICKET_BYTES,
  decode: decodeExitTicket,
};

export interface FleetReading {
  readonly state: FleetState | undefined;
  /** The next state is written on condition of it. */
  readonly etag: string | undefined;
  readonly description: FleetDescription;
  readonly live: readonly FleetInstance[];
  readonly tickets: readonly ExitTicketSeen[];
}

/** Reads the state, the fleet and the tickets in this order, which core/pool/exit-grants.ts relies on. */
export async function readFleet(
  ports: { readonly store: ObjectStore; readonly fleet: Fleet },
  memory: ControllerMemory,
  signal: AbortSignal,
): Promise<FleetReading> {
  const { state, etag } = await readFleetState(ports.store, signal);
  const description = await ports.fleet.describe(signal);
  const live = liveInstances(description);
  const tickets = await readTickets(ports.store, memory, { live, generation: state?.generation ?? 0, signal });
  return { state, etag, description, live, tickets };
}

export async function readFleetState(
  store: ObjectStore,
  signal: AbortSignal,
): Promise<{ readonly state: FleetState | undefined; readonly etag: string | undefined }> {
  const read = await readObject(store, fleetStateKey, FLEET_STATE, signal);
  return { state: read?.value, etag: read?.etag };
}

export function liveInstances({ instances }: FleetDescription): readonly FleetInstance[] {
  return instances.filter(({ state }) => state === 'pending' || state === 'running');
}

/** Tells whether an instance goes without a grant. A rebalance notice alone is a hint: its worker stays (R3). */
export function isDeparting(status: WorkerStatus): boolean {
  return status.notice === 'interruption' || status.phase === 'draining' || status.phase === 'ended';
}

interface TicketScope {
  readonly live: readonly FleetInstance[];
  readonly generation: number;
  readonly signal: AbortSignal;
}

/** A ticket older than every live instance belongs to none of them: it is counted, not read. The cache keeps old tickets out of later listings. */
async function readTickets(
  store: ObjectStore,
  memory: ControllerMemory,
  { live, generation, signal }: TicketScope,
): Promise<readonly ExitTicketSeen[]> {
  const oldestMs = Math.min(...live.map(({ launchedAtMs }) => launchedAtMs)) - TICKET_MARGIN_MS;
  const startAfter = definedFields({ startAfter: memory.tickets.skipUpToKey });
  const listed: { readonly object: ListedObject; readonly generation: number }[] = [];
  let onlyOld = true;
  for await (const object of store.list(exitTicketsPrefix, { signal, ...startAfter })) {
    const of = generationOf(object.key);
    if (of === undefined) continue;
    onlyOld &&= live.length > 0 && of < generation && object.lastModifiedMs < oldestMs;
    if (onlyOld) memory.tickets.skipUpToKey = object.key;
    listed.push({ object, generation: of });
  }
  return mapBounded(listed, READS_AT_ONCE, async ({ object, generation: of }) => {
    const matters = live.length > 0 && object.lastModifiedMs >= oldestMs;
    const ticket = matters ? await readTicket(store, memory, object, signal) : undefined;
    return { generation: of, instance: ticket?.instance ?? '', void: ticket?.void ?? false };
  });
}

/** A ticket changes once at most, when its worker voids it; that changes its size. */
async function readTicket(
  store: ObjectStore,
  memory: ControllerMemory,
  { key, size, lastModifiedMs }: ListedObject,
  signal: AbortSignal,
): Promise<KnownTicket> {
  const known = memory.tickets.known.get(key);
  if (known?.size === size && known.lastModifiedMs === lastModifiedMs) return known;
  const ticket = await getObject(store, key, EXIT_TICKET, signal);
  const fresh = { size, lastModifiedMs, instance: ticket?.instance ?? '', void: ticket?.void ?? false };
  memory.tickets.known.set(key, fresh);
  return fresh;
}

function generationOf(key: string): number | undefined {
  const match = /^fleet\/exits\/(\d+)\/\d+\.json$/.exec(key);
  const generation = Number(match?.[1]);
  // No controller opens a generation with more digits than a number holds.
  return Number.isSafeInteger(generation) ? generation : undefined;
}

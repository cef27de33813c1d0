/** Finds the instances that ended before their worker had written a status (core/pool/boot.ts). */
import type { BootHistory } from '../../../core/pool/boot.js';
import type { WorkerStatus } from '../../../core/contract/fleet-state.js';
import { instanceStatusKey } from '../../../core/contract/keys.js';
import { mapBounded } from '../../../core/map-bounded.js';
import type { FleetDescription, FleetInstance, ObjectStore } from '../../ports.js';
import type { ControllerMemory } from '../memory.js';

const LOOKS_AT_ONCE = 16;

export interface BootScope {
  /** Earlier launches concern no job. */
  readonly sinceMs: number;
  /** The statuses of live instances. */
  readonly statuses: ReadonlyMap<string, WorkerStatus>;
  /** It has the instances, live or ended, whose status the last listing showed. */
  readonly heardAtMs: ReadonlyMap<string, number>;
  readonly signal: AbortSignal;
}

/** Looks up only launches after that of the latest live worker: while workers come up, there are few or none. */
export async function readBoots(
  store: ObjectStore,
  memory: Pick<ControllerMemory, 'cameUp'>,
  { instances }: FleetDescription,
  { sinceMs, statuses, heardAtMs, signal }: BootScope,
): Promise<BootHistory> {
  const up = instances.filter(({ instance }) => statuses.has(instance)).map(({ launchedAtMs }) => launchedAtMs);
  const lastUpMs = Math.max(sinceMs, ...up);
  const ended = instances.filter((seen) => hasEnded(seen) && seen.launchedAtMs > lastUpMs);
  const looked = await mapBounded(ended, LOOKS_AT_ONCE, async (seen) => {
    // An ended instance writes no more: one look at it is enough.
    const known = heardAtMs.has(seen.instance) ? true : memory.cameUp.get(seen.instance);
    const cameUp = known ?? (await store.head(instanceStatusKey(seen.instance), { signal })) !== undefined;
    memory.cameUp.set(seen.instance, cameUp);
    return { ...seen, cameUp };
  });
  for (const { launchedAtMs } of looked.filter(({ cameUp }) => cameUp)) up.push(launchedAtMs);
  return {
    failed: looked.filter(({ cameUp, reclaimed }) => !cameUp && !reclaimed),
    lastUpAtMs: up.length === 0 ? undefined : Math.max(...up),
  };
}

const hasEnded = ({ state }: FleetInstance): boolean => state === 'terminated' || state === 'stopped';

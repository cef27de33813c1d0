/** Finds the instances that ended before their worker had written a status (core/pool/boot.ts). */
import type { BootHistory } from '../../../core/pool/boot.js';
import type { WorkerStatus } from '../../../core/contract/fleet-state.js';
import { bootLogKey, instancePrefix, instanceStatusKey, workerLogKey } from '../../../core/contract/keys.js';
import { mapBounded } from '../../../core/map-bounded.js';
import type { FleetDescription, FleetInstance, ObjectStore } from '../../ports.js';
import type { ControllerMemory, EndedInstance } from '../memory.js';

const LOOKS_AT_ONCE = 16;
/** The last line of a boot log that ended well. The boot script writes it (infra/boot/user-data.ts). */
const BOOTED = /the boot script ends with 0\s*$/;
const LOG_END_BYTES = 200;

export interface BootScope {
  /** Earlier launches concern no job. */
  readonly sinceMs: number;
  /** The statuses of live instances. */
  readonly statuses: ReadonlyMap<string, WorkerStatus>;
  /** It has the instances, live or ended, whose status the last listing showed. */
  readonly heardAtMs: ReadonlyMap<string, number>;
  /** The time of that listing by S3's clock, which agrees with EC2's. */
  readonly atMs: number;
  readonly signal: AbortSignal;
}

/** Looks up only launches after that of the latest live worker: while workers come up, there are few or none. */
export async function readBoots(
  store: ObjectStore,
  memory: Pick<ControllerMemory, 'endedInstances'>,
  { instances }: FleetDescription,
  { sinceMs, statuses, heardAtMs, atMs, signal }: BootScope,
): Promise<BootHistory> {
  const up = instances.filter(({ instance }) => statuses.has(instance)).map(({ launchedAtMs }) => launchedAtMs);
  const lastUpMs = Math.max(sinceMs, ...up);
  const ended = instances.filter((seen) => hasEnded(seen) && seen.launchedAtMs > lastUpMs);
  const looked = await mapBounded(ended, LOOKS_AT_ONCE, async (seen) => {
    // An ended instance writes no more: one look at it is enough.
    const known = memory.endedInstances.get(seen.instance);
    const found = known ?? (await lookAt(store, seen, { isHeard: heardAtMs.has(seen.instance), atMs, signal }));
    memory.endedInstances.set(seen.instance, found);
    return { ...seen, ...found };
  });
  for (const { launchedAtMs } of looked.filter(({ cameUp }) => cameUp)) up.push(launchedAtMs);
  return {
    silent: looked.filter(({ cameUp, reclaimed }) => !cameUp && !reclaimed),
    lastUpAtMs: up.length === 0 ? undefined : Math.max(...up),
  };
}

const hasEnded = ({ state }: FleetInstance): boolean => state === 'terminated' || state === 'stopped';

async function lookAt(
  store: ObjectStore,
  { instance, launchedAtMs }: FleetInstance,
  { isHeard, atMs, signal }: Pick<BootScope, 'atMs' | 'signal'> & { readonly isHeard: boolean },
): Promise<EndedInstance> {
  const livedAtMostMs = atMs - launchedAtMs;
  const cameUp = isHeard || (await store.head(instanceStatusKey(instance), { signal })) !== undefined;
  if (cameUp) return { cameUp, hasFailureLog: false, livedAtMostMs };
  const { objects } = await store.listFolder(instancePrefix(instance), { signal });
  const bootLog = objects.find(({ key }) => key === bootLogKey(instance));
  const hasCrashed = objects.some(({ key }) => key === workerLogKey(instance));
  const hasFailureLog =
    hasCrashed || (bootLog !== undefined && !(await hasBooted(store, instance, bootLog.size, signal)));
  return { cameUp, hasFailureLog, livedAtMostMs };
}

async function hasBooted(store: ObjectStore, instance: string, size: number, signal: AbortSignal): Promise<boolean> {
  const range = { startByte: Math.max(0, size - LOG_END_BYTES), endByte: size };
  const stored = size === 0 ? undefined : await store.get(bootLogKey(instance), { signal, range });
  return stored !== undefined && BOOTED.test(Buffer.from(stored.body).toString('latin1'));
}

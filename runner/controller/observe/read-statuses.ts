/**
 * Reads the workers' statuses. One listing tells which of them changed, by their ETags, and when each worker was last heard of, by S3's clock: a worker
 * puts its status again each minute, with the same bytes.
 *
 * Invariant: a status is read once for each ETag, and a damaged one is reported once.
 */
import { decodeWorkerStatus, MOST_STATUS_BYTES, type WorkerStatus } from '../../../core/contract/fleet-state.js';
import { instanceStatusKey, statusesPrefix } from '../../../core/contract/keys.js';
import { mapBounded } from '../../../core/map-bounded.js';
import type { FleetInstance, ListedObject, ObjectStore } from '../../ports.js';
import { getObject, type Kind } from '../json-objects.js';

const READS_AT_ONCE = 16;
/** A storm changes hundreds of statuses at once. The fleet must not wait for all of them: the rest is read in the next passes. */
const MOST_READS_WHEN_KNOWN = 20;

interface KnownStatus {
  readonly etag: string;
  /** Undefined when it is damaged. */
  readonly status: WorkerStatus | undefined;
}

/** By instance. It holds live instances only. */
export type KnownStatuses = Map<string, KnownStatus>;

export interface StatusReading {
  /** A worker that has not written its status yet has no entry. */
  readonly statuses: ReadonlyMap<string, WorkerStatus>;
  /** For each instance with a status, ended ones too: the time at which it was last written, by S3's clock. */
  readonly heardAtMs: ReadonlyMap<string, number>;
  /** The time of the reading by S3's clock. */
  readonly atMs: number;
}

const statusOf = (instance: string): Kind<WorkerStatus> => ({
  name: `the status of ${instance}`,
  mostBytes: MOST_STATUS_BYTES,
  decode: (json) => decodeWorkerStatus(json, instance),
});

export async function readStatuses(
  store: ObjectStore,
  live: readonly FleetInstance[],
  known: KnownStatuses,
  signal: AbortSignal,
): Promise<StatusReading> {
  const { objects, atMs } = await store.listFolder(statusesPrefix, { signal });
  const listed = new Map(objects.map((object) => [instanceOf(object), object]));
  const running = live.filter(({ state }) => state === 'running').map(({ instance }) => instance);
  const isRunning = new Set(running);
  const most = known.size === 0 ? Infinity : MOST_READS_WHEN_KNOWN;
  for (const instance of known.keys()) if (!isRunning.has(instance)) known.delete(instance);
  const changed = running
    .flatMap((instance) => listed.get(instance) ?? [])
    .filter((object) => known.get(instanceOf(object))?.etag !== object.etag)
    .sort((a, b) => a.lastModifiedMs - b.lastModifiedMs)
    .slice(0, most);
  await mapBounded(changed, READS_AT_ONCE, async ({ key, etag }) => {
    const instance = instanceOf({ key });
    const status = await getObject(store, instanceStatusKey(instance), statusOf(instance), signal);
    known.set(instance, { etag, status });
  });
  const statuses = running.flatMap((instance) => known.get(instance)?.status ?? []);
  return {
    statuses: new Map(statuses.map((status) => [status.instance, status])),
    heardAtMs: new Map(objects.map((object) => [instanceOf(object), object.lastModifiedMs])),
    atMs,
  };
}

const instanceOf = ({ key }: Pick<ListedObject, 'key'>): string =>
  key.slice(statusesPrefix.length).replace(/\.json$/, '');

/** Reads from the bucket what workers reported, one file at a time, and sums it up. */
import { MOST_EVENTS_BYTES, decodeWorkerEvent, type WorkerEvent } from '../../core/contract/events.js';
import { isBalancing } from '../../core/batch/hand-back.js';
import { instanceEventsPrefix, instanceOfEventsKey, jobEventsPrefix } from '../../core/contract/keys.js';
import { isInstanceId } from '../../core/contract/names.js';
import type { ObjectStore } from '../ports.js';
import { addPhase, type ReportedPhases } from './preparing.js';
import { addShape, type ReportedShapes } from './shapes.js';
import { SilentLeases } from './silent-leases.js';
import { getObject, type Kind } from '../controller/json-objects.js';

/** The number of files that are fetched ahead. */
const FILES_AT_ONCE = 16;

export interface EventTotals {
  /** Batches that were handed back, without ordinary balancing between workers. */
  readonly handBacks: number;
  /** Items that were computed though their outcome existed, or whose lease was lost meanwhile. */
  readonly duplicateItems: number;
  /** An upper bound of the items that vanished workers had computed and other workers computed again. */
  readonly lostItemsAtMost: number;
  readonly shapes: ReportedShapes;
  readonly phases: ReportedPhases;
}

const NO_EVENTS: EventTotals = { handBacks: 0, duplicateItems: 0, lostItemsAtMost: 0, shapes: {}, phases: {} };

export const readJobEvents = (store: ObjectStore, job: string, signal: AbortSignal): AsyncGenerator<WorkerEvent> =>
  readEvents(store, jobEventsPrefix(job), signal);

/** Yields the events of an instance that concern no job: its boot, its notices, its end. */
export const readInstanceEvents = (
  store: ObjectStore,
  instance: string,
  signal: AbortSignal,
): AsyncGenerator<WorkerEvent> => readEvents(store, instanceEventsPrefix(instance), signal);

/** Yields events in the order of their keys: by instance, then by time. */
async function* readEvents(store: ObjectStore, prefix: string, signal: AbortSignal): AsyncGenerator<WorkerEvent> {
  const ahead: Promise<readonly WorkerEvent[]>[] = [];
  for await (const { key } of store.list(prefix, { signal })) {
    const events = readEventsFile(store, key, signal);
    events.catch(() => undefined); // thrown where it is awaited
    ahead.push(events);
    if (ahead.length >= FILES_AT_ONCE) yield* (await ahead.shift()) ?? [];
  }
  for (const events of ahead) yield* await events;
}

/** Keeps the events of the instance that the file's key names; the rest is reported as damaged. */
export async function readEventsFile(
  store: ObjectStore,
  key: string,
  signal: AbortSignal,
): Promise<readonly WorkerEvent[]> {
  const instance = instanceOfEventsKey(key);
  const isWhole = instance !== undefined && isInstanceId(instance);
  const kind: Kind<readonly WorkerEvent[]> = {
    name: 'a file of events',
    mostBytes: MOST_EVENTS_BYTES,
    decode: (bytes) => {
      if (!isWhole) return undefined;
      const lines = new TextDecoder().decode(bytes).split('\n');
      const read = lines.filter((line) => line !== '').map((line) => decodeWorkerEvent(line, instance));
      const events = read.filter((event) => event !== undefined);
      if (events.length < read.length)
        store.damaged?.({ key, why: `has lines that are not events of ${instance}: they are left out` });
      return events;
    },
  };
  return (await getObject(store, key, kind, signal)) ?? [];
}

export async function sumEvents(events: AsyncIterable<WorkerEvent>): Promise<EventTotals> {
  let totals = NO_EVENTS;
  const silent = new SilentLeases();
  for await (const event of events) {
    totals = addEvent(totals, event);
    silent.add(event);
  }
  return { ...totals, lostItemsAtMost: silent.itemsAtMost() };
}

function addEvent(totals: EventTotals, event: WorkerEvent): EventTotals {
  switch (event.code) {
    case 'batch-handed-back':
      return isBalancing(event.reason) ? totals : { ...totals, handBacks: totals.handBacks + 1 };
    case 'batch-duplicate':
    case 'lease-lost':
      return { ...totals, duplicateItems: totals.duplicateItems + event.items };
    case 'model-phase':
    case 'model-ready':
      return { ...totals, phases: addPhase(totals.phases, event) };
    case 'slot-shape':
      return { ...totals, shapes: addShape(totals.shapes, event) };
    default:
      return totals;
  }
}

/** What workers reported of a job, read from the bucket one file at a time, and summed. */
import {
  decodeWorkerEvent,
  MOST_EVENTS_BYTES,
  type HandBackReason,
  type WorkerEvent,
} from '../../core/contract/events.js';
import { isBalancing } from '../../core/batch/hand-back.js';
import { instanceEventsPrefix, instanceOfEventsKey, jobEventsPrefix } from '../../core/contract/keys.js';
import { isInstanceId } from '../../core/contract/names.js';
import type { ObjectStore } from '../ports.js';
import { addShape, type ToldShapes } from './shapes.js';
import { SilentLeases } from './silent-leases.js';
import { getObject, type Kind } from '../controller/json-objects.js';

/** Files fetched ahead at once. */
const FILES_AT_ONCE = 16;

export interface EventTotals {
  /** Without ordinary balancing between workers. */
  readonly handBacks: number;
  readonly handBacksByReason: Readonly<Partial<Record<HandBackReason, number>>>;
  /** Items that were computed though their outcome existed, or whose lease was lost meanwhile. */
  readonly duplicateItems: number;
  /** Items that workers which ended without a word had computed, at most, and others computed again. */
  readonly lostItemsAtMost: number;
  /** Items that a partial saved from being computed twice. */
  readonly resumedItems: number;
  readonly attempts: number;
  readonly batchesGivenUp: number;
  readonly slotRebuilds: number;
  readonly leasesLost: number;
  readonly notices: number;
  readonly unable: number;
  /** By instance. */
  readonly shapes: ToldShapes;
}

const NO_EVENTS: EventTotals = {
  handBacks: 0,
  handBacksByReason: {},
  duplicateItems: 0,
  lostItemsAtMost: 0,
  resumedItems: 0,
  attempts: 0,
  batchesGivenUp: 0,
  slotRebuilds: 0,
  leasesLost: 0,
  notices: 0,
  unable: 0,
  shapes: {},
};

export const readJobEvents = (store: ObjectStore, job: string, signal: AbortSignal): AsyncGenerator<WorkerEvent> =>
  readEvents(store, jobEventsPrefix(job), signal);

/** What an instance reported that concerns no job: its boot, its notices, its end. */
export const readInstanceEvents = (
  store: ObjectStore,
  instance: string,
  signal: AbortSignal,
): AsyncGenerator<WorkerEvent> => readEvents(store, instanceEventsPrefix(instance), signal);

/** In the order of their keys: by instance, then by time. */
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

/** Keeps the events of the instance that the file's key names; the rest is reported. */
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
        store.damaged?.({ key, why: `has lines that are no events of ${instance}: they are left out` });
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
    case 'batch-handed-back': {
      const { [event.reason]: before = 0 } = totals.handBacksByReason;
      const handBacksByReason = { ...totals.handBacksByReason, [event.reason]: before + 1 };
      const counted = isBalancing(event.reason) ? 0 : 1;
      return { ...totals, handBacks: totals.handBacks + counted, handBacksByReason };
    }
    case 'batch-duplicate':
      return { ...totals, duplicateItems: totals.duplicateItems + event.items };
    case 'lease-lost':
      return {
        ...totals,
        leasesLost: totals.leasesLost + 1,
        duplicateItems: totals.duplicateItems + event.items,
      };
    case 'batch-committed':
      return { ...totals, resumedItems: totals.resumedItems + event.resumed };
    case 'slot-shape':
      return { ...totals, shapes: addShape(totals.shapes, event) };
    case 'attempt':
      return { ...totals, attempts: totals.attempts + 1 };
    case 'batch-given-up':
      return { ...totals, batchesGivenUp: totals.batchesGivenUp + 1 };
    case 'slot-rebuilt':
      return { ...totals, slotRebuilds: totals.slotRebuilds + 1 };
    case 'notice':
      return { ...totals, notices: totals.notices + 1 };
    case 'unable':
      return { ...totals, unable: totals.unable + 1 };
    default:
      return totals;
  }
}

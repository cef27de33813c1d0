/** What workers reported of a job, read from the bucket one file at a time, and summed. */
import type { HandBackReason, WorkerEvent } from '../../core/events.js';
import { instanceEventsPrefix, jobEventsPrefix } from '../../core/keys.js';
import type { ObjectStore } from '../ports.js';
import { addShape, type ToldShapes } from './shapes.js';
import { SilentLeases } from './silent-leases.js';
import { getText } from '../controller/json-objects.js';

/** Files fetched ahead at once. */
const FILES_AT_ONCE = 16;

export interface EventTotals {
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

/** In the order of their keys: by instance, then by time. A line that a dying worker left unfinished is skipped. */
async function* readEvents(store: ObjectStore, prefix: string, signal: AbortSignal): AsyncGenerator<WorkerEvent> {
  const ahead: Promise<string | undefined>[] = [];
  for await (const { key } of store.list(prefix, { signal })) {
    const text = getText(store, key, signal);
    text.catch(() => undefined); // thrown where it is awaited
    ahead.push(text);
    if (ahead.length >= FILES_AT_ONCE) yield* eventsOf(await ahead.shift());
  }
  for (const text of ahead) yield* eventsOf(await text);
}

function* eventsOf(text: string | undefined): Generator<WorkerEvent> {
  for (const line of (text ?? '').split('\n')) {
    if (line === '') continue;
    try {
      yield JSON.parse(line) as WorkerEvent;
    } catch {
      continue;
    }
  }
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
      return { ...totals, handBacks: totals.handBacks + 1, handBacksByReason };
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

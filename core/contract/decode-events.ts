/** The codec of the workers' events (core/contract/events.ts). */
import { jobId } from './decode-job.js';
import { noticeKind } from './decode-fleet.js';
import type { HandBackReason, WorkerEvent, WorkerEventCode } from './events.js';
import { instanceId, isCode } from '../names.js';
import {
  check,
  count,
  type Fields,
  flag,
  integer,
  linesOfWords,
  number,
  object,
  oneOf,
  optional,
  parseJson,
  type Shape,
  text,
  time,
  words,
} from './shape.js';

/** A worker holds 16 Mi characters of events before it sheds some (worker/events/event-log.ts): in UTF-8 three times as many bytes. */
export const MOST_EVENTS_BYTES = 64 * 1024 * 1024;

/** A worker cuts at half of that. */
const MESSAGE_CHARACTERS = 16 * 1024;
const NAME_CHARACTERS = 1_024;

type EventOf<Code extends WorkerEventCode> = Extract<WorkerEvent, { readonly code: Code }>;
type BaseField = 'at' | 'instance' | 'message' | 'job' | 'batch' | 'lease';
type Base = Pick<WorkerEvent, BaseField>;

const base: Fields<Base> = {
  at: time,
  instance: instanceId,
  message: linesOfWords(MESSAGE_CHARACTERS),
  job: optional(jobId),
  batch: optional(count),
  // An instance's id and a random text.
  lease: optional(text(256, /^[\w.-]+$/)),
};

/** Measured, so it may have a fraction. */
const milliseconds = number(0, Number.MAX_SAFE_INTEGER);
const name = words(NAME_CHARACTERS);
const MOST_SLOTS = 100_000;

/** The fields that each event has besides. */
const own: { readonly [Code in WorkerEventCode]: Fields<Omit<EventOf<Code>, BaseField | 'code'>> } = {
  'worker-started': {
    instanceType: name,
    zone: name,
    slots: integer(0, MOST_SLOTS),
    bootMs: milliseconds,
  },
  'worker-ended': {
    reason: oneOf<EventOf<'worker-ended'>['reason']>({
      ticket: true,
      interruption: true,
      idle: true,
      life: true,
      stopped: true,
      unable: true,
      outdated: true,
      'cut-off': true,
    }),
    held: count,
  },
  'model-ready': { model: name, loadMs: milliseconds },
  'model-slow': { model: name },
  'model-log': { stream: oneOf<EventOf<'model-log'>['stream']>({ model: true, setup: true }) },
  'batch-committed': {
    ok: count,
    failed: count,
    resumed: count,
    receives: optional(count),
    computeMs: milliseconds,
    heldMs: milliseconds,
  },
  'batch-duplicate': { items: count },
  'batch-handed-back': {
    reason: oneOf<HandBackReason>({
      interruption: true,
      draining: true,
      'twelve-hours': true,
      unable: true,
      attempt: true,
      'worker-failed': true,
      outdated: true,
      waiting: true,
    }),
    savedItems: count,
  },
  'batch-dropped': {
    reason: oneOf<EventOf<'batch-dropped'>['reason']>({ cancelled: true, failed: true, 'foreign-manifest': true }),
  },
  'message-discarded': {},
  'lease-lost': { items: count },
  attempt: { attempts: count, maxAttempts: count },
  'batch-given-up': { attempts: count },
  'slot-rebuilt': {
    reason: oneOf<EventOf<'slot-rebuilt'>['reason']>({
      broken: true,
      crashed: true,
      protocol: true,
      timeout: true,
      memory: true,
    }),
  },
  'slot-shape': { slots: integer(0, MOST_SLOTS), concurrency: integer(0, MOST_SLOTS), settled: flag },
  'slot-hint': {},
  unable: { phase: oneOf<EventOf<'unable'>['phase']>({ fetch: true, setup: true, load: true }) },
  outdated: { version: name, needs: name },
  notice: { kind: noticeKind, takesAt: optional(time) },
  trouble: { doing: name },
};

const baseShape = object<Base>(base);
const ownShapes: ReadonlyMap<string, Shape<object>> = new Map(
  Object.entries<Fields<object>>(own).map(([code, fields]) => [code, object(fields)]),
);

/**
 * The result is this instance's own event, or undefined: nobody speaks for another one. A code that is not known here is a newer worker's: what all events have is taken
 * of it, so that `logs` shows it.
 */
export function decodeWorkerEvent(line: string, instance: string): WorkerEvent | undefined {
  const value = parseJson(line);
  const common = check(baseShape, value);
  if (common?.instance !== instance) return undefined;
  const { code } = value as { readonly code?: unknown };
  if (!isCode(code)) return undefined;
  const shape = ownShapes.get(code);
  if (shape === undefined) return { ...common, code } as WorkerEvent;
  const rest = check(shape, value);
  // The two come from one value, the fields from the one entry that its code names.
  return rest === undefined ? undefined : ({ ...common, ...rest, code } as WorkerEvent);
}

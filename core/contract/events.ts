/**
 * What workers report (R12). Each event is one JSON line under `jobs/<job>/events/<instance>/` (or, when it concerns no
 * job, `fleet/instances/<id>/events/`); `message` is a sentence that a person can act on, the other fields are for programs.
 */
interface EventBase {
  readonly at: string;
  readonly instance: string;
  readonly message: string;
  readonly job?: string;
  readonly batch?: number;
  readonly lease?: string;
}

export type HandBackReason =
  'interruption' | 'draining' | 'twelve-hours' | 'unable' | 'attempt' | 'worker-failed' | 'outdated' | 'waiting';

export type WorkerEvent = EventBase &
  (
    | {
        readonly code: 'worker-started';
        readonly instanceType: string;
        readonly zone: string;
        readonly slots: number;
        readonly bootMs: number;
      }
    | {
        readonly code: 'worker-ended';
        readonly reason: 'ticket' | 'interruption' | 'idle' | 'life' | 'stopped' | 'unable' | 'outdated' | 'cut-off';
        /** Batches that it could not hand back any more: others have them when their leases run out. */
        readonly held: number;
      }
    | { readonly code: 'model-ready'; readonly model: string; readonly loadMs: number }
    /** It is not ready after 20 s: what it printed so far, and what is awaited. */
    | { readonly code: 'model-slow'; readonly model: string }
    | { readonly code: 'model-log'; readonly stream: 'model' | 'setup' }
    | {
        readonly code: 'batch-committed';
        readonly ok: number;
        readonly failed: number;
        readonly resumed: number;
        /** How often its message was received, this lease included; older workers did not say. */
        readonly receives?: number;
        readonly computeMs: number;
        readonly heldMs: number;
      }
    /** The outcome existed already: `items` were computed for nothing (0 when it was seen before computing). */
    | { readonly code: 'batch-duplicate'; readonly items: number }
    | { readonly code: 'batch-handed-back'; readonly reason: HandBackReason; readonly savedItems: number }
    | { readonly code: 'batch-dropped'; readonly reason: 'cancelled' | 'failed' | 'foreign-manifest' }
    | { readonly code: 'message-discarded' }
    | { readonly code: 'lease-lost'; readonly items: number }
    | { readonly code: 'attempt'; readonly attempts: number; readonly maxAttempts: number }
    | { readonly code: 'batch-given-up'; readonly attempts: number }
    | { readonly code: 'slot-rebuilt'; readonly reason: 'broken' | 'crashed' | 'protocol' | 'timeout' | 'memory' }
    /** How the job's model is run on this instance from here on, and why. */
    | {
        readonly code: 'slot-shape';
        readonly slots: number;
        readonly concurrency: number;
        readonly settled: boolean;
      }
    /** The slots that the user chose do not fit the model. */
    | { readonly code: 'slot-hint' }
    | { readonly code: 'unable'; readonly phase: 'fetch' | 'setup' | 'load' }
    /** A job asks for a newer worker than this one. */
    | { readonly code: 'outdated'; readonly version: string; readonly needs: string }
    | { readonly code: 'notice'; readonly kind: 'interruption' | 'rebalance'; readonly takesAt?: string }
    | { readonly code: 'trouble'; readonly doing: string }
  );

export type WorkerEventCode = WorkerEvent['code'];

/** Distributes over the union, so that each code keeps its own fields. */
export type NewWorkerEvent = WorkerEvent extends infer Event
  ? Event extends WorkerEvent
    ? Omit<Event, 'at' | 'instance'>
    : never
  : never;

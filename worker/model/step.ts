/**
 * The steps by which a model gets ready on an instance, in order: bundle, environment, weights, setup. Each is a file
 * of its own; prepare-model.ts runs them.
 */
import type { PhaseTime, PreparingStatus } from '../../core/contract/fleet-state.js';
import type { ModelSpec } from '../../core/contract/job.js';
import type { Clock, ObjectStore, SecretReader } from '../ports.js';
import type { Secrets } from '../process/hide-secrets.js';
import type { PreparedModel } from '../slot/slot.js';
import type { ModelPlace } from './model-place.js';
import { ModelUnable, type UnablePhase } from './prepared-models.js';

/** The load is a slot's matter. */
export type StepPhase = Exclude<UnablePhase, 'load'>;

/** Receives what a preparation does, for events and for the worker's status. */
export interface PhaseReport {
  /** `doing` completes "the worker is …". */
  readonly doing: (phase: PreparingStatus['phase'], doing: string) => void;
  readonly done: (time: PhaseTime) => void;
}

export interface PrepareModelOptions {
  readonly store: Pick<ObjectStore, 'stream'>;
  /** Returns the store of another bucket, which may hold the weights. */
  readonly storeOf: (bucket: string) => Pick<ObjectStore, 'stream'>;
  readonly spec: ModelSpec;
  readonly options: PreparedModel['options'];
  readonly secretReader: SecretReader;
  /** The work directory: models, wheels and weights lie below it. */
  readonly directory: string;
  /** The instance's Python interpreter, where it is not `python3` on the PATH. */
  readonly python?: string;
  /** Receives the lines that setup prints. */
  readonly onLog: (line: string) => void;
  /** Receives a sentence about something that could not be fetched or read yet and is retried. */
  readonly onTrouble: (doing: string, message: string) => void;
  readonly report?: PhaseReport;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly setupTimeoutMs?: number;
  readonly workerEnv?: Readonly<Record<string, string | undefined>>;
}

export interface StepWork extends Omit<PrepareModelOptions, 'report'> {
  readonly place: ModelPlace;
  readonly secrets: Secrets;
  /** Aborts when no caller wants the model any more. */
  readonly signal: AbortSignal;
  /** Replaces the words about what the step does now. */
  readonly doing: (doing: string) => void;
}

export interface Step {
  readonly phase: StepPhase;
  /** A step that has nothing to do is not reported. */
  readonly isNeeded: (work: StepWork) => Promise<boolean>;
  /**
   * Returns the bytes that were fetched, where they say something. Throws `ModelUnable`, whose message is a sentence
   * for people; an outage is waited for.
   */
  readonly run: (work: StepWork) => Promise<{ readonly bytes?: number }>;
}

/**
 * The retries never end, and the SDK's own come on top of each. An outage is no fault of the model or of the instance,
 * and would strike three instances alike.
 */
export const FETCH_PAUSES = { firstPauseMs: 1_000, lastPauseMs: 32_000, endless: true };

export const unable = (phase: StepPhase, message: string, cause?: unknown): ModelUnable =>
  new ModelUnable(phase, message, cause === undefined ? undefined : { cause });

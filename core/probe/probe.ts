/**
 * The port of a probe: a few items are computed on the submitter's machine with the worker's own slot code, before anything is paid for. The runner asks,
 * worker/probe/ answers.
 */
import type { InputLine } from '../contract/input-line.js';
import type { JobOptions, ModelSpec, UnablePhase } from '../contract/job.js';
import type { ObjectStore } from '../contract/object-store.js';
import type { RebuildReason } from '../contract/events.js';
import type { FaultKind } from './fault-kinds.js';

/** The model's processes see this variable with the value `1` during a probe. */
export const PROBE_VARIABLE = 'SPOTPOOL_PROBE';

export interface ProbeItem {
  readonly index: number;
  readonly input: InputLine;
}

export interface ProbeRequest {
  readonly spec: ModelSpec;
  /** It holds what would be shipped, under the keys of the bucket. */
  readonly shipped: Pick<ObjectStore, 'stream'>;
  readonly options: Pick<JobOptions, 'concurrency' | 'itemTimeoutSeconds' | 'loadTimeoutSeconds' | 'nan' | 'env'>;
  /** The interpreter for Python models, where it is not `python3` on the PATH. */
  readonly python?: string;
  readonly items: readonly ProbeItem[];
  /** Present when the items name objects in S3 (`DatasetSpec.kind === 'objects'`), which are fetched first. */
  readonly objectsOf?: (bucket: string) => Pick<ObjectStore, 'stream'>;
  /** Present when the weights stay in S3. */
  readonly weightsOf?: (bucket: string) => Pick<ObjectStore, 'stream'>;
  /** The first items are computed whatever time they take. After this many milliseconds no further slice is begun. */
  readonly computeMs: number;
  /** The bound of the model's memory; without it, that of the only slot of an instance with this machine's memory. */
  readonly memoryLimitBytes?: number;
  /** Compute every item a second time, in a fresh process. */
  readonly twice: boolean;
}

export type ProbeEvent =
  | { readonly kind: 'prepared' | 'loaded'; readonly ms: number }
  /** Something could not be read yet, and is retried. */
  | { readonly kind: 'trouble'; readonly message: string }
  /** The model takes long to load. */
  | { readonly kind: 'slow-load'; readonly message: string }
  /** The model has had items for so long without an answer. */
  | { readonly kind: 'waiting'; readonly silentMs: number }
  | { readonly kind: 'log'; readonly line: string }
  | { readonly kind: 'rebuilt'; readonly reason: RebuildReason; readonly message: string }
  | { readonly kind: 'results'; readonly results: readonly ProbeResult[] };

export type ProbeResult =
  | { readonly index: number; readonly ok: true; readonly outputJson: string }
  | {
      readonly index: number;
      readonly ok: false;
      readonly error: { readonly code: string; readonly message: string };
    };

/** Something went wrong beyond an error in an item's place. */
export interface ProbeFailure {
  readonly phase: UnablePhase | 'item';
  readonly message: string;
  /** Why a process was given up. */
  readonly reason?: RebuildReason;
  /** The last lines that the model printed before. */
  readonly log: readonly string[];
  /** It was seen without starting the model. */
  readonly found?: FaultKind;
}

/** Items that the model was given at once, and the time until the last of their answers. */
export interface ProbeSlice {
  readonly firstIndex: number;
  readonly lastIndex: number;
  readonly items: number;
  readonly ms: number;
  /** It was the first slice of a process. */
  readonly cold: boolean;
}

/** An item whose second answer was another. */
export interface ProbeDifference {
  readonly index: number;
  readonly first: ProbeResult;
  readonly second: ProbeResult;
}

export interface ProbeReport {
  /** The folder into which the bundle was unpacked. It is removed already; messages and logs name it. */
  readonly directory: string;
  /** The folder of the weights, which is removed, too. */
  readonly weights?: string;
  readonly prepareMs: number;
  /** Absent when the model never said that it is ready. */
  readonly loadMs?: number;
  readonly failures: readonly ProbeFailure[];
  readonly results: readonly ProbeResult[];
  readonly slices: readonly ProbeSlice[];
  /** The milliseconds on a core while it computed; absent where they cannot be measured. */
  readonly cpuMs?: number;
  readonly busyMs: number;
  /** The most resident memory of the model's processes that was seen after the load. */
  readonly memoryBytes: number;
  readonly memoryLimitBytes: number;
  readonly log: readonly string[];
  /** It is present when `twice` was asked for. */
  readonly repeated?: { readonly items: number; readonly differences: readonly ProbeDifference[] };
}

export interface ModelProbe {
  /** Rejects only when the signal aborts. Nothing of the model is left afterwards, neither a process nor a file. */
  run(request: ProbeRequest, onEvent: (event: ProbeEvent) => void, signal: AbortSignal): Promise<ProbeReport>;
}

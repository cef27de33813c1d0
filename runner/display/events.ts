/**
 * A followed job reports one stream of coded events. Renderers turn it into a live screen, plain lines, or JSON.
 * The code that emits events knows nothing of terminals.
 */
import type { JobState } from '../../core/contract/job.js';
import type { JobSummary, JobProgress } from './views.js';

export type Level = 'info' | 'good' | 'warning';

export type RunEvent =
  /** The command has started its own local cloud, and the cloud is ready. */
  | { readonly event: 'local-cloud-up'; readonly endpoint: string; readonly maxWorkers: number }
  /** The live page of `watch --web` is served at this address until the command ends. */
  | { readonly event: 'page-up'; readonly address: string }
  | { readonly event: 'uploading'; readonly items: number; readonly bytes: number }
  /** So many bytes of the weights are hashed or uploaded. */
  | {
      readonly event: 'weights';
      readonly doing: 'hashing' | 'uploading';
      readonly bytes: number;
      readonly total: number;
    }
  /** So many files of a folder are read, and in the bucket. */
  | {
      readonly event: 'files';
      readonly files: number;
      readonly total: number;
      readonly bytes: number;
      readonly totalBytes: number;
      /** The files that were not in the bucket before. */
      readonly sent: number;
      readonly sentBytes: number;
      readonly seconds: number;
    }
  | { readonly event: 'enqueueing'; readonly sent: number; readonly batches: number }
  | {
      readonly event: 'submitted';
      readonly job: string;
      readonly dataset: string;
      readonly model: string;
      readonly items: number;
      readonly badItems: number;
      readonly batches: number;
      /** The same job was submitted before, and this submission continues it. */
      readonly continued: boolean;
    }
  | { readonly event: 'following'; readonly job: string; readonly dataset: string; readonly model: string }
  | ({ readonly event: 'progress' } & JobProgress)
  /** Something happened that a person may want to know. The message is a sentence. */
  | {
      readonly event: 'happened';
      readonly level: Level;
      readonly code: string;
      readonly message: string;
      /** The time of the event (ISO 8601), which is earlier than the time at which it is shown. */
      readonly at: string;
      readonly instance?: string;
      readonly batch?: number;
    }
  | { readonly event: 'ended'; readonly job: string; readonly state: JobState; readonly reason: string }
  | { readonly event: 'results-written'; readonly file: string; readonly items: number }
  | { readonly event: 'waiting-for-zero'; readonly instances: number }
  | ({ readonly event: 'summary' } & JobSummary);

export interface Display {
  show(event: RunEvent): void;
  /** Restores the terminal. Later events are not shown. */
  close(): void;
}

/**
 * What a followed job reports: one stream of coded events, which renderers turn into a live screen, plain lines, or JSON.
 * Whoever produces them knows nothing of terminals.
 */
import type { JobState } from '../../core/contract/job.js';
import type { JobSummary, Progress } from './views.js';

export type Level = 'info' | 'good' | 'warning';

export type RunEvent =
  /** A local cloud of the command's own is ready. */
  | { readonly event: 'local-cloud-up'; readonly endpoint: string; readonly maxWorkers: number }
  | { readonly event: 'uploading'; readonly items: number; readonly bytes: number }
  | { readonly event: 'enqueueing'; readonly sent: number; readonly batches: number }
  | {
      readonly event: 'submitted';
      readonly job: string;
      readonly dataset: string;
      readonly model: string;
      readonly items: number;
      readonly badItems: number;
      readonly batches: number;
      /** The same job was submitted before and goes on. */
      readonly continued: boolean;
    }
  | { readonly event: 'following'; readonly job: string; readonly dataset: string; readonly model: string }
  | ({ readonly event: 'progress' } & Progress)
  /** Something that a person may want to know of, as a sentence. */
  | {
      readonly event: 'happened';
      readonly level: Level;
      readonly code: string;
      readonly message: string;
      /** When it happened, which is before it is shown. */
      readonly at: string;
      readonly instance?: string;
      readonly batch?: number;
    }
  | { readonly event: 'ended'; readonly job: string; readonly state: JobState; readonly reason: string }
  | { readonly event: 'results-written'; readonly file: string; readonly items: number }
  | { readonly event: 'waiting-for-zero'; readonly instances: number }
  | ({ readonly event: 'summary' } & JobSummary);

/** `at` is when it is shown, for logs of a run. */
export interface Display {
  show(event: RunEvent): void;
  /** Leaves the terminal as it was found; nothing is shown afterwards. */
  close(): void;
}

/** What a submission reports while it goes on. */
import type { DatasetNotice } from '../dataset/notice.js';
import type { Shipped } from '../model/package-model.js';
import type { LeftOut } from '../model/shipping/walk.js';
import type { PublishedWorker } from '../worker-bundle/publish-worker.js';

export type SubmitEvent =
  | {
      readonly code: 'model-bundled';
      readonly model: string;
      readonly digest: string;
      readonly bytes: number;
      readonly shipped: Shipped;
      readonly leftOut: readonly LeftOut[];
    }
  /** From here on the submit writes: a break leaves something behind. */
  | { readonly code: 'begun'; readonly job: string }
  /** Another submit of the job is at work: this one waits for it, and takes over if it falls silent. */
  | { readonly code: 'following-submit'; readonly job: string; readonly by: string }
  /** What instances that boot from now on run. */
  | ({ readonly code: 'worker' } & PublishedWorker)
  /** The findings about the dataset: its format, and what is odd in it. */
  | DatasetNotice
  /** So far. `checking`: the job was submitted before, and the dataset is compared instead. */
  | { readonly code: 'uploading' | 'checking'; readonly items: number; readonly bytes: number }
  /** There were more batches than a job may have, or than the user's size would have made. */
  | { readonly code: 'batch-size-raised'; readonly wantedItems: number; readonly items: number }
  | { readonly code: 'enqueueing'; readonly sent: number; readonly batches: number }
  | {
      readonly code: 'submitted';
      readonly job: string;
      readonly resumed: boolean;
      readonly items: number;
      readonly badItems: number;
      readonly batches: number;
    };

/** The events that a submission reports while it runs. */
import type { WeightsSpec } from '../../core/contract/weights.js';
import type { FirstTryEvent } from './first-try.js';
import type { FilesProgress } from '../dataset/files/file-uploads.js';
import type { DatasetNotice } from '../dataset/notice.js';
import type { PythonSummary } from '../../core/contract/python-environment.js';
import type { PutWheels } from '../python/put-wheels.js';
import type { Shipped } from '../model/package-model.js';
import type { LeftOut } from '../model/shipping/walk.js';
import type { WeightsProgress } from '../weights/weights-files.js';
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
  /** The Python packages of the model are locked for the fleet. */
  | ({ readonly code: 'packages-locked'; readonly requirements: string; readonly isFromCache: boolean } & PythonSummary)
  /** The bucket has the wheels that instances fetch from there, with the installer. */
  | ({ readonly code: 'packages-put' } & PutWheels)
  /** The short trial on the submitter's machine is over, or was left out. */
  | FirstTryEvent
  /** The files of the weights are known. They are in `bucket` already, or are uploaded when it is absent. */
  | {
      readonly code: 'weights-found';
      readonly weights: WeightsSpec;
      readonly bucket?: string;
      readonly leftOut: readonly LeftOut[];
    }
  | ({ readonly code: 'weights' } & WeightsProgress)
  /** The files of a folder that are read, and in the bucket. */
  | ({ readonly code: 'files' } & FilesProgress)
  /** The submit starts writing to the bucket. An interruption after this leaves objects behind. */
  | { readonly code: 'begun'; readonly job: string }
  /** Another submit of the job is running. This one waits for it, and takes over if it no longer renews its claim. */
  | { readonly code: 'following-submit'; readonly job: string; readonly by: string }
  /** The worker version that instances will boot from now on. */
  | ({ readonly code: 'worker' } & PublishedWorker)
  /** The dataset's format, and its oddities. */
  | DatasetNotice
  /** The progress so far. `checking`: the job was submitted before, so the dataset is compared and not uploaded. */
  | { readonly code: 'uploading' | 'checking'; readonly items: number; readonly bytes: number }
  /** The batch size was raised, because the job would have had more batches than allowed. */
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

export interface SubmitHooks {
  readonly onEvent: (event: SubmitEvent) => void;
  readonly signal: AbortSignal;
}

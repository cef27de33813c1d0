/** A submission: its request, the ports that it works with, and what comes of it. */
import type { JobOptions, Manifest } from '../../core/contract/job.js';
import type { ObjectStore } from '../../core/contract/object-store.js';
import type { JobSeries } from '../../core/contract/series.js';
import type { BatchSizes } from '../../core/dataset/batch-planner.js';
import type { DatasetRequest } from '../dataset/dataset-request.js';
import type { SourceObjects } from '../dataset/ports.js';
import type { packageModel } from '../model/package-model.js';
import type { ModelRequest } from '../model/resolved-model.js';
import type { Clock, JobQueue, ModelProbe } from '../ports.js';
import type { RerunSource } from '../rerun/rerun-source.js';
import type { WeightsRequest } from '../weights/weights-files.js';
import type { PublishedWorker } from '../worker-bundle/publish-worker.js';

export interface SubmitRequest {
  /** The stack has a controller of its own from before Python files and filters were models. */
  readonly controllerIsOlder?: boolean;
  readonly dataset: DatasetRequest;
  readonly model: ModelRequest;
  readonly weights?: WeightsRequest;
  /** The batch sizes that the user gave. The dataset, and the model's pace if it was tried, decide those that are absent. */
  readonly sizes: BatchSizes;
  /** The slots that may come for the job, on all instances together; 1 by default. */
  readonly slots?: number;
  readonly options: JobOptions;
  /** The job's id. When absent it is made from the time. */
  readonly id?: string;
  /** The name of the job, for people. */
  readonly name?: string;
  /** Present when the job is a rerun. Then the items are those of another job. */
  readonly rerun?: RerunSource;
  /** Present when the job is one of a series. */
  readonly series?: JobSeries;
  /** The SHA-256 (hex) that the dataset must have, because other jobs of the series have it. */
  readonly datasetDigest?: string;
  /** True when a complete job is no error: it is compared with this submission, and nothing is sent. */
  readonly mayBeComplete?: boolean;
  readonly createdBy: string;
  readonly versions: Manifest['versions'];
}

export interface SubmitPorts {
  readonly store: ObjectStore;
  /** The name of the store's bucket, which the lines of a folder's files have. */
  readonly bucket?: string;
  readonly queue: JobQueue;
  readonly sources: SourceObjects;
  readonly clock: Clock;
  /** Numbers in [0, 1), for job ids. */
  readonly random: () => number;
  /** Tries the model on this machine before anything is sent. Absent when it is left out. */
  readonly probe?: () => Promise<ModelProbe>;
  /** Uploads this version's worker bundle, unless the bucket has it or a newer one. Absent when instances do not fetch the worker from the bucket. */
  readonly publishWorker?: () => Promise<PublishedWorker>;
  /** Packs the model; from the files of this machine when absent. */
  readonly pack?: typeof packageModel;
  /** Makes the ids of claims; random ones when absent. */
  readonly newClaimId?: () => string;
}

export interface Submitted {
  readonly job: string;
  readonly manifest: Manifest;
  /** The job existed before this submission. */
  readonly resumed: boolean;
}

/** A submission at work: the request, its ports, and what was made of the request. */
import type { FileUploads } from '../dataset/files/file-uploads.js';
import type { CheckedIds } from '../dataset/identity/check-ids.js';
import type { Dataset } from '../dataset/opened-dataset.js';
import type { PackagedModel } from '../model/package-model.js';
import type { Weights } from '../weights/weights.js';
import type { SubmitHooks } from './submit-event.js';
import type { SubmitPorts, SubmitRequest } from './submit-request.js';

export interface SubmissionContext {
  readonly job: string;
  readonly request: SubmitRequest;
  readonly ports: SubmitPorts;
  readonly hooks: SubmitHooks;
  readonly dataset: Dataset;
  readonly checked: CheckedIds | undefined;
  readonly model: PackagedModel;
  readonly weights: Weights | undefined;
  /** Uploads the files of a dataset that is a folder. */
  readonly files?: FileUploads;
}

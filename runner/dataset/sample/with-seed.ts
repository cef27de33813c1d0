/** Gives a sample without a seed the one of its job, so that a submit that goes on takes the same items. */
import { seedOfJob } from '../../../core/dataset/reservoir.js';
import type { DatasetRequest } from '../dataset-request.js';

export const withSeed = ({ sample, ...dataset }: DatasetRequest, job: string): DatasetRequest =>
  sample === undefined ? dataset : { ...dataset, sample: { seed: seedOfJob(job), ...sample } };

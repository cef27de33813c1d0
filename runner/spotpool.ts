/**
 * The entry of the package: `import { openStack, submit, follow, results, record } from 'spotpool'`. It connects the programs' API with the real world, and has
 * the types of models, which model modules import.
 *
 * Invariant: the import alone does nothing. It reads no file, listens to nothing, and changes nothing of the process.
 */
import os from 'node:os';
import { SPOTPOOL_VERSION } from '../core/contract/version.js';
import { makeApi } from './api/make-api.js';
import type { Api } from './api/types.js';
import { installedFiles } from './local-cloud/paths.js';
import { systemClock } from './wiring/clock.js';
import { connectStack } from './wiring/stack-ports.js';
import { readWorkerBundle } from './worker-bundle/worker-bundle.js';

export type { Model, ModelContext, ObjectItem, Prediction, Predictions } from '../core/contract/model-api.js';
export type { JobRecord } from '../core/record/job-record.js';
export type {
  CallOptions,
  JobEvent,
  JobItems,
  JobName,
  JobRequest,
  JobSettings,
  JsonValue,
  OpenOptions,
  ResultLine,
  ResultsOptions,
  Stack,
  SubmitEvent,
  SubmitOptions,
  SubmittedJob,
} from './api/types.js';
export { type FailureKind, JobNotFound, SpotpoolError, StackNotFound, StackUnreachable, UserError } from './errors.js';

const api: Api = makeApi({
  version: SPOTPOOL_VERSION,
  get env() {
    return process.env;
  },
  get cwd() {
    return process.cwd();
  },
  get user() {
    return userName();
  },
  clock: systemClock,
  random: Math.random,
  connect: connectStack,
  probe: async () => (await import('./wiring/model-probe.js')).openModelProbe(process.env),
  workerBundle: () => readWorkerBundle(installedFiles().workerBundle),
});

/** Opens a stack. Without options it is the one that the environment or `cdk-outputs.json` names. */
export const openStack: Api['openStack'] = api.openStack;

/** Submits a job. Resolves once all of it is in the stack. */
export const submit: Api['submit'] = api.submit;

/**
 * Follows a job to its end, and until no instance is left. Whoever follows a job also controls the fleet, as `spotpool watch` does. The job goes on when the
 * loop is left.
 */
export const follow: Api['follow'] = api.follow;

/** Reads the results in the order of the dataset. Those of reruns stand in their places. While the job runs, these are the finished items. */
export const results: Api['results'] = api.results;

/** Reads the record of a job: everything that can be said of it now. */
export const record: Api['record'] = api.record;

function userName(): string {
  try {
    return os.userInfo().username;
  } catch {
    return 'unknown'; // in some containers the user has no entry
  }
}

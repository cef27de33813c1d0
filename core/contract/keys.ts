/** Every S3 key of the stack's bucket (docs/reference/keys.md). */

/** More batches would make listings and the plan slow: past this number the batch size is raised. */
export const MAX_BATCHES_PER_JOB = 100_000;

export const BATCH_DIGITS = 5;

/** The number is zero-padded, so that the UTF-8 order of keys is the order of batches. */
function batchName(batch: number): string {
  return String(batch).padStart(BATCH_DIGITS, '0');
}

export const fleetStateKey = 'fleet/state.json';
/** The mark of the controller function that is at work (core/contract/controller-mark.ts). */
export const controllerMarkKey = 'fleet/controller.json';
export const workersPrefix = 'workers/';
export const workerPointerKey = `${workersPrefix}current.json`;
export const workerBundleKey = (digest: string): string => `${workersPrefix}${digest}/worker.tar.gz`;

export const exitTicketsPrefix = 'fleet/exits/';
const exitTicketPrefix = (generation: number): string => `${exitTicketsPrefix}${String(generation).padStart(10, '0')}/`;
export const exitTicketKey = (generation: number, ticket: number): string =>
  `${exitTicketPrefix(generation)}${String(ticket).padStart(5, '0')}.json`;

export const instancesPrefix = 'fleet/instances/';
export const instancePrefix = (instance: string): string => `${instancesPrefix}${instance}/`;
export const bootLogKey = (instance: string): string => `${instancePrefix(instance)}boot.log`;
export const workerLogKey = (instance: string): string => `${instancePrefix(instance)}worker.log`;
export const instanceEventsPrefix = (instance: string): string => `${instancePrefix(instance)}events/`;

/** The statuses of all instances are in one folder, so that one listing tells which of them changed, and when each was last written. */
export const statusesPrefix = 'fleet/status/';
export const instanceStatusKey = (instance: string): string => `${statusesPrefix}${instance}.json`;

/** The object exists when a controller has counted that AWS took the instance. */
export const reclaimedKey = (instance: string): string => `${instancePrefix(instance)}reclaimed.json`;

export const modelsPrefix = 'models/';
export const modelBundleKey = (digest: string): string => `${modelsPrefix}${digest}/bundle.tar.gz`;
/** A wheel by the SHA-256 of its bytes. Installers read what a wheel is from its file name. */
export const wheelKey = (digest: string, fileName: string): string => `${modelsPrefix}${digest}/${fileName}`;
/** The list of the files of some weights (core/contract/weights.ts), by the SHA-256 of the list. */
export const weightsListKey = (digest: string): string => `${modelsPrefix}${digest}/weights.json`;
/** One file of uploaded weights, by the SHA-256 of its bytes. */
export const weightsFileKey = (digest: string): string => `${modelsPrefix}${digest}/weights`;

/** The files of datasets that are folders on the submitter's machine, each by the SHA-256 of its bytes. Jobs share them. */
export const filesPrefix = 'files/';
export const fileKey = (digest: string): string => `${filesPrefix}${digest}`;

/** Returns the SHA-256 that the bytes of an object of the stack's bucket must have. Undefined for keys of another form. */
export const digestOfFileKey = (key: string): string | undefined => /^files\/([0-9a-f]{64})$/.exec(key)?.[1];

export const jobsPrefix = 'jobs/';
export const jobPrefix = (job: string): string => `${jobsPrefix}${job}/`;
export const manifestKey = (job: string): string => `${jobPrefix(job)}job.json`;
export const enqueuedKey = (job: string): string => `${jobPrefix(job)}enqueued.json`;
export const progressKey = (job: string): string => `${jobPrefix(job)}progress.json`;
export const cancelledKey = (job: string): string => `${jobPrefix(job)}cancelled.json`;
export const doneKey = (job: string): string => `${jobPrefix(job)}done.json`;

/** Each job's ends and resumes, in one folder, so that one listing finds those that changed. */
export const endsPrefix = 'ends/';
export const endsKey = (job: string): string => `${endsPrefix}${job}.json`;

/** The claim of the notice of the job's end (core/contract/notice-claim.ts). */
export const notifiedKey = (job: string): string => `${jobPrefix(job)}notified.json`;
/** The claims of the notices of troubles; each trouble is sent once a day. */
export const attentionPrefix = 'fleet/attention/';
export const attentionKey = (code: string, day: string): string => `${attentionPrefix}${day}/${code}.json`;

/** The objects that a submit writes before and beside the manifest. */
export const inputPrefix = (job: string): string => `${jobPrefix(job)}input/`;
/** The uploaded dataset, in parts of JSON Lines; a batch never spans two parts. */
export const inputPartKey = (job: string, part: number): string =>
  `${jobPrefix(job)}input/part-${String(part).padStart(5, '0')}.jsonl`;
/** Returns the part of an input key of this job, or undefined for a key of another form. */
export function partOfInputKey(job: string, key: string): number | undefined {
  const part = Number(/\/part-(\d+)\.jsonl$/.exec(key)?.[1]);
  return inputPartKey(job, part) === key ? part : undefined;
}
/** Ids and kept columns of the items of the part with the same number, a line for each item (core/contract/kept-line.ts). */
export const keptPartKey = (job: string, part: number): string =>
  `${inputPrefix(job)}kept-${String(part).padStart(5, '0')}.jsonl`;
/** The files that the dataset was read from, in their order, a line for each (core/contract/source-line.ts). */
export const sourcesKey = (job: string): string => `${inputPrefix(job)}sources.jsonl`;
/** The index in the parent of each item of a rerun, a line for each, in order. */
export const originsKey = (job: string): string => `${inputPrefix(job)}origins.jsonl`;
/** The plan: the place of every batch's items, one line per batch. Lost messages are made anew from it (R5). */
export const planKey = (job: string): string => `${jobPrefix(job)}input/plan.jsonl`;
/** The number of messages sent, so that a submit that broke off can be continued. */
export const sentKey = (job: string): string => `${inputPrefix(job)}sent.json`;
/** The claim of the submit that is at work on the job (core/contract/submit-claim.ts). */
export const submitClaimKey = (job: string): string => `${inputPrefix(job)}submit.json`;
/** The pace that the submitter's machine measured (core/contract/probe-mark.ts). */
export const probeKey = (job: string): string => `${inputPrefix(job)}probe.json`;

export const resultsPrefix = (job: string): string => `${jobPrefix(job)}results/`;
export const outcomeKey = (job: string, batch: number): string => `${resultsPrefix(job)}${batchName(batch)}.jsonl`;

/** The outcomes of the batches whose names begin with these digits. Two digits name a thousand batches, which is a page of a listing. */
export const outcomesPrefix = (job: string, digits: string): string => `${resultsPrefix(job)}${digits}`;

/** Returns the batch of an outcome's key. Keys of another form, such as `7.jsonl`, are not outcomes: they give undefined. */
export function batchOfOutcomeKey(key: string): number | undefined {
  const name = /^jobs\/[^/]+\/results\/(\d+)\.jsonl$/.exec(key)?.[1];
  const batch = Number(name);
  return name === undefined || batchName(batch) !== name ? undefined : batch;
}

/** The saved items of all batches. */
export const partialsPrefix = (job: string): string => `${jobPrefix(job)}partial/`;
export const partialPrefix = (job: string, batch: number): string => `${partialsPrefix(job)}${batchName(batch)}/`;

/** Returns the batch of a partial's key; undefined for a key of another form. */
export function batchOfPartialKey(key: string): number | undefined {
  const name = /^jobs\/[^/]+\/partial\/(\d+)\/[^/]+\.jsonl$/.exec(key)?.[1];
  const batch = Number(name);
  return name === undefined || batchName(batch) !== name ? undefined : batch;
}
export const partialKey = (job: string, batch: number, lease: string): string =>
  `${partialPrefix(job, batch)}${lease}.jsonl`;

/** A lease's finished items that did not fit in memory, numbered from 0. They are partials like the others. */
export const spilledKey = (job: string, batch: number, lease: string, number: number): string =>
  partialKey(job, batch, `${lease}.${number}`);

export const attemptPrefix = (job: string, batch: number): string => `${jobPrefix(job)}attempts/${batchName(batch)}/`;
export const attemptKey = (job: string, batch: number, lease: string): string =>
  `${attemptPrefix(job, batch)}${lease}.json`;

export const lossesPrefix = (job: string): string => `${jobPrefix(job)}losses/`;
export const lossPrefix = (job: string, batch: number): string => `${lossesPrefix(job)}${batchName(batch)}/`;
/** The worker died under this lease while the batch was in its slots (R4). */
export const lossKey = (job: string, batch: number, lease: string): string => `${lossPrefix(job, batch)}${lease}.json`;

export const unablePrefix = (job: string): string => `${jobPrefix(job)}unable/`;
export const unableKey = (job: string, instance: string): string => `${unablePrefix(job)}${instance}.json`;

/** Each rerun of the job puts its id here before its manifest, so that readers of the parent find it. */
export const rerunsPrefix = (job: string): string => `${jobPrefix(job)}reruns/`;
export const rerunKey = (job: string, rerun: string): string => `${rerunsPrefix(job)}${rerun}.json`;

/** The summary of the events that a worker wrote for the job, put again as they grow. */
export const summariesPrefix = (job: string): string => `${jobPrefix(job)}summaries/`;
export const summaryKey = (job: string, instance: string): string => `${summariesPrefix(job)}${instance}.json`;

/** The job's pool over time, as controllers saw it. */
export const historyKey = (job: string): string => `${jobPrefix(job)}history.json`;

/** The Spot prices at the job's end (core/contract/job-prices.ts). */
export const pricesKey = (job: string): string => `${jobPrefix(job)}prices.json`;

export const jobEventsPrefix = (job: string): string => `${jobPrefix(job)}events/`;
export const jobEventsKey = (job: string, instance: string, sequence: number): string =>
  `${jobEventsPrefix(job)}${instance}/${String(sequence).padStart(8, '0')}.jsonl`;
export const instanceEventsKey = (instance: string, sequence: number): string =>
  `${instanceEventsPrefix(instance)}${String(sequence).padStart(8, '0')}.jsonl`;

/** Returns the instance whose events a key holds, or undefined for a key of another form. */
export function instanceOfEventsKey(key: string): string | undefined {
  const match = /^(?:jobs\/[^/]+\/events\/([^/]+)|fleet\/instances\/([^/]+)\/events)\/\d+\.jsonl$/.exec(key);
  return match?.[1] ?? match?.[2];
}

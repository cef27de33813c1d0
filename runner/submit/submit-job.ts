/**
 * Submits a job. The order is: input parts and plan, worker, model, `job.json` (written once), messages, `enqueued.json`.
 *
 * Invariants:
 * - Nobody works on the job before `job.json` exists. After that its input never changes.
 * - A repeated submission continues after an interruption at any point. A submission with other content is refused.
 * - Of two submissions at once, one works and the other waits for it (claim.ts). A job that has ended is refused (ended-job.ts).
 */
import { createHash } from 'node:crypto';
import type { BatchLocation } from '../../core/contract/batch-message.js';
import { isGuided } from '../../core/dataset/batch-planner.js';
import { decodeManifest, encodeManifest, type Manifest } from '../../core/contract/job.js';
import { isJobId, JOB_ID_RULE, newJobId } from '../../core/contract/job-id.js';
import { enqueuedKey, manifestKey, sentKey } from '../../core/contract/keys.js';
import { decodeSentInOrder } from '../../core/dataset/plan.js';
import { definedFields } from '../../core/defined-fields.js';
import { openDataset } from '../dataset/dataset.js';
import type { Dataset } from '../dataset/opened-dataset.js';
import { FileUploads } from '../dataset/files/file-uploads.js';
import { withSeed } from '../dataset/sample/with-seed.js';
import { UserError } from '../errors.js';
import { type PackagedModel, packageModel, uploadModel } from '../model/package-model.js';
import { putWheels } from '../python/put-wheels.js';
import type { Weights } from '../weights/weights.js';
import { ClaimLost, takeClaim } from './claim.js';
import type { DatasetPass } from './dataset-pass.js';
import { findMarkedEnded, JobEnded, refuseEnded } from './ended-job.js';
import { firstTryOf } from './first-try-of.js';
import { beginPass, checkIdsFirst } from './identified-pass.js';
import { findWeights, PROGRESS_EVERY_MS, weightsHooks } from './find-weights.js';
import { JobDiffers } from './job-differs.js';
import { datasetDifference, modelDifferences } from './manifest-differences.js';
import { otherDataset, seriesDifferences } from './series/series-checks.js';
import { modelRequestFor, refuseForOlderController } from './model-request.js';
import { readPace, writePace } from './pace-mark.js';
import { sendBatches } from './send-batches.js';
import { sizingOf } from './sizes.js';
import type { SubmitEvent, SubmitHooks } from './submit-event.js';
import {
  checkDataset,
  noItems,
  type PassedDataset,
  plannedBatches,
  planText,
  readPlan,
  uploadDataset,
} from './upload-dataset.js';
import type { SubmissionContext } from './submission-context.js';
import type { SubmitRequest, SubmitPorts, Submitted } from './submit-request.js';

interface Stored {
  readonly manifest: Manifest;
  readonly digest: string;
}

export async function submitJob(request: SubmitRequest, ports: SubmitPorts, hooks: SubmitHooks): Promise<Submitted> {
  const { signal, onEvent } = hooks;
  const job = request.id ?? newJobId(ports.clock.nowMs(), ports.random);
  if (!isJobId(job)) throw new UserError(`Invalid job id ${JSON.stringify(job)}: use ${JOB_ID_RULE}.`);
  // This check comes first, because reading the dataset and packing the model may take long.
  if (request.id !== undefined && request.mayBeComplete !== true) await refuseEnded(ports.store, job, signal);
  const dataset = request.rerun?.dataset ?? (await openDataset(withSeed(request.dataset, job), ports.sources, signal));
  const checked = await checkIdsFirst(dataset, request.dataset, ports.clock, hooks);
  const packaged = await (ports.pack ?? packageModel)(modelRequestFor(job, request, ports.store), signal);
  try {
    const weights = await findWeights(request.weights, ports, hooks);
    const model = { ...packaged, spec: { ...packaged.spec, ...definedFields({ weights: weights?.spec }) } };
    const { shipped, leftOut, bytes, spec, packages } = model;
    if (request.controllerIsOlder === true) refuseForOlderController(spec);
    if (shipped.files > 0)
      onEvent({ code: 'model-bundled', model: spec.name, digest: spec.digest, bytes, shipped, leftOut });
    if (packages !== undefined) {
      const { requirements, isFromCache, summary } = packages;
      onEvent({ code: 'packages-locked', requirements, isFromCache, ...summary });
    }
    for (;;) {
      try {
        return await submitOnce({ job, request, ports, hooks, dataset, checked, model, weights });
      } catch (error) {
        if (!(error instanceof ClaimLost)) throw error;
        // The next round waits for the submit that has taken over.
      }
    }
  } finally {
    await packaged.dispose();
  }
}

async function submitOnce(given: SubmissionContext): Promise<Submitted> {
  const { job, request, ports, hooks, dataset } = given;
  const { signal, onEvent } = hooks;
  await new Submission(given).refuseOtherModel();
  const files = ports.bucket === undefined ? undefined : new FileUploads(ports.bucket);
  const context = { ...given, ...definedFields({ files }) };
  const pass = beginPass(context);
  try {
    // A dataset of nothing leaves nothing behind.
    if (!(await pass.hasMore())) throw noItems(dataset);
    const mark = await firstTryOf(context, pass);
    const claim = await takeClaim(job, {
      ...ports,
      signal,
      by: request.createdBy,
      onFollow: ({ by }) => onEvent({ code: 'following-submit', job, by }),
    });
    if (claim === undefined) return await new Submission(context).run(pass);
    onEvent({ code: 'begun', job });
    return await claim.during(async (held) => {
      if (mark !== undefined) await writePace(job, mark, ports.store, held);
      return new Submission({ ...context, hooks: { onEvent, signal: held } }).run(pass);
    });
  } finally {
    await pass.close();
  }
}

class Submission {
  readonly #job: string;
  readonly #request: SubmitRequest;
  readonly #ports: SubmitPorts;
  readonly #hooks: SubmitHooks;
  readonly #dataset: Dataset;
  readonly #model: PackagedModel;
  readonly #weights: Weights | undefined;
  readonly #files: FileUploads | undefined;

  constructor({ job, request, ports, hooks, dataset, model, weights, files }: SubmissionContext) {
    this.#job = job;
    this.#request = request;
    this.#ports = ports;
    this.#hooks = hooks;
    this.#dataset = dataset;
    this.#model = model;
    this.#weights = weights;
    this.#files = files;
  }

  /** Reads the stored manifest, if any. Throws when it is of another model or other options. */
  async refuseOtherModel(): Promise<Stored | undefined> {
    const before = await this.#readManifest();
    if (before !== undefined) this.#refuseIf(this.#modelDifferences(before.manifest));
    return before;
  }

  async run(pass: DatasetPass): Promise<Submitted> {
    const job = this.#job;
    const before = await this.refuseOtherModel();
    const { sizes, slots = 1 } = this.#request;
    if (isGuided(sizes)) pass.pace = await readPace(this.#job, slots, this.#ports.store, this.#hooks.signal);
    if (before === undefined) await this.#begin();
    const { passed, sizeRaised } = await this.#readDataset(pass, before === undefined ? 'upload' : 'check');
    if (sizeRaised !== undefined) this.#hooks.onEvent(sizeRaised);
    // The worker is published before the manifest, because instances may boot for the job as soon as the manifest exists.
    const worker = await this.#ports.publishWorker?.();
    if (worker !== undefined) this.#hooks.onEvent({ code: 'worker', ...worker });
    const { stored, resumed } = before === undefined ? await this.#create(passed) : { stored: before, resumed: true };
    const plan = resumed ? await this.#planOf(stored.manifest, passed) : passed.plan;
    await this.#enqueue(stored, plan);
    await this.#refuseIfStopped();
    const { dataset, batches } = stored.manifest;
    const { items, badItems } = dataset;
    this.#hooks.onEvent({ code: 'submitted', job, resumed, items, badItems, batches });
    return { job, manifest: stored.manifest, resumed };
  }

  async #begin(): Promise<void> {
    await this.#request.rerun?.begin(this.#job, this.#hooks.signal);
    await this.#beginFiles();
  }

  /** From here on the files of a folder are uploaded while they are read, so that all of them are there before the manifest. */
  async #beginFiles(): Promise<void> {
    const { store, clock } = this.#ports;
    const { signal, onEvent } = this.#hooks;
    await this.#files?.begin({
      store,
      clock,
      signal,
      onProgress: (progress) => onEvent({ code: 'files', ...progress }),
    });
  }

  /** Throws when the job was cancelled or failed meanwhile. Then nobody works on the messages that were sent. */
  async #refuseIfStopped(): Promise<void> {
    const ended = await findMarkedEnded(this.#ports.store, this.#job, this.#hooks.signal);
    if (ended !== undefined && ended.state !== 'complete') throw new JobEnded(ended);
  }

  async #readDataset(pass: DatasetPass, doing: 'upload' | 'check') {
    const job = this.#job;
    const dataset = this.#dataset;
    const { signal, onEvent } = this.#hooks;
    let shownMs = -Infinity;
    const onProgress = (): void => {
      // The progress of files is told by their upload.
      if (this.#files?.isUsed === true) return;
      const nowMs = this.#ports.clock.nowMs();
      if (nowMs - shownMs < PROGRESS_EVERY_MS) return;
      // A comparison is reported only once.
      shownMs = doing === 'upload' ? nowMs : Infinity;
      onEvent({ code: doing === 'upload' ? 'uploading' : 'checking', items: pass.items, bytes: pass.bytes });
    };
    const options = { job, signal, onProgress, isGuided: isGuided(this.#request.sizes) };
    const passed =
      doing === 'upload'
        ? await uploadDataset(dataset, pass, this.#ports.store, options)
        : await checkDataset(dataset, pass, options);
    if (doing === 'upload') shownMs = -Infinity;
    onProgress();
    return { passed, sizeRaised: this.#sizeRaised(pass.batchItems) };
  }

  #sizeRaised(items: number): SubmitEvent | undefined {
    const wantedItems = this.#request.sizes.batchItems;
    return wantedItems !== undefined && items > wantedItems
      ? { code: 'batch-size-raised', wantedItems, items }
      : undefined;
  }

  /** Writes the manifest, or finds the one that the same submission has written at the same time. */
  async #create({ spec, plan }: PassedDataset): Promise<{ readonly stored: Stored; readonly resumed: boolean }> {
    const { store, clock } = this.#ports;
    const { signal } = this.#hooks;
    const { datasetDigest = spec.digest } = this.#request;
    if (spec.digest !== datasetDigest) throw otherDataset(spec);
    await uploadModel(this.#model, store, signal);
    await this.#putPackages();
    await this.#weights?.upload(store, weightsHooks(this.#hooks, clock));
    const { options, createdBy, versions, name, rerun, series } = this.#request;
    const manifest: Manifest = {
      version: 1,
      job: this.#job,
      ...definedFields({ name, parent: rerun?.parent, series }),
      dataset: spec,
      model: this.#model.spec,
      options,
      batches: plan.length,
      batchSizes: sizingOf(plan, this.#request.sizes),
      createdAt: new Date(clock.nowMs()).toISOString(),
      createdBy,
      versions,
    };
    const body = Buffer.from(encodeManifest(manifest));
    const put = await store.put(manifestKey(this.#job), body, {
      signal,
      ifNoneMatch: true,
      contentType: 'application/json',
    });
    if (put.kind === 'written') return { stored: { manifest, digest: digestOf(body) }, resumed: false };
    const stored = await this.#readManifest();
    if (stored === undefined)
      throw new Error(`The manifest of job ${this.#job} was deleted during the submission. Submit the job again.`);
    // It is our own write if its reply was lost and the client wrote again.
    if (stored.digest === digestOf(body)) return { stored, resumed: false };
    this.#refuseIf(this.#modelDifferences(stored.manifest));
    return { stored, resumed: true };
  }

  async #putPackages(): Promise<void> {
    const { packages } = this.#model;
    if (packages === undefined) return;
    const put = await putWheels(packages.files, this.#ports.store, this.#hooks.signal);
    this.#hooks.onEvent({ code: 'packages-put', ...put });
  }

  async #readManifest(): Promise<Stored | undefined> {
    const found = await this.#ports.store.get(manifestKey(this.#job), { signal: this.#hooks.signal });
    if (found === undefined) return undefined;
    const manifest = decodeManifest(found.body, this.#job);
    if (manifest === undefined) {
      throw new UserError(
        `This version of spotpool cannot read the manifest ${manifestKey(this.#job)}. Use the version that submitted the job, or choose another --id.`,
      );
    }
    return { manifest, digest: digestOf(found.body) };
  }

  #modelDifferences(before: Manifest): string[] {
    const { options, series } = this.#request;
    return [...seriesDifferences(before, series), ...modelDifferences(before, { model: this.#model.spec, options })];
  }

  /** The plan of the existing job. Its batches are sent as they were planned then. */
  async #planOf(before: Manifest, { spec, plan }: PassedDataset): Promise<readonly BatchLocation[]> {
    const difference = datasetDifference(before.dataset, spec, this.#request.dataset);
    if (difference !== undefined) this.#refuseIf([difference]);
    const planned = await readPlan(this.#ports.store, this.#job, this.#hooks.signal);
    if (planned === planText(plan)) return plan;
    // No size was given, neither then nor now. So another version of spotpool chose other sizes.
    const isOurChoice = before.batchSizes?.kind === 'guided' && isGuided(this.#request.sizes);
    if (planned !== undefined && isOurChoice) return plannedBatches(this.#job, planned);
    this.#refuseIf([`--batch-size or --batch-bytes differs (it made ${before.batches} batches, now ${plan.length})`]);
    return plan;
  }

  #refuseIf(differences: readonly string[]): void {
    if (differences.length > 0) throw new JobDiffers(this.#job, differences);
  }

  async #enqueue({ digest, manifest }: Stored, plan: readonly BatchLocation[]): Promise<void> {
    const job = this.#job;
    const { store, clock } = this.#ports;
    const { signal, onEvent } = this.#hooks;
    if ((await store.head(enqueuedKey(job), { signal })) !== undefined) return;
    const counted = await store.get(sentKey(job), { signal });
    const from = counted === undefined ? 0 : Math.min(decodeSentInOrder(counted.body), plan.length);
    const onSent = (sent: number): void => onEvent({ code: 'enqueueing', sent, batches: plan.length });
    onSent(from);
    const { worker } = manifest.versions;
    await sendBatches(plan, this.#ports, { job, manifestDigest: digest, worker, from, signal, onSent });
    const mark = { at: new Date(clock.nowMs()).toISOString(), batches: plan.length };
    const body = `${JSON.stringify(mark)}\n`;
    await store.put(enqueuedKey(job), body, { signal, ifNoneMatch: true, contentType: 'application/json' });
  }
}

const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

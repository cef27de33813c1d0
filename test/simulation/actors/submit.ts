/** The real submission, given again as a person does when it fails or its machine dies. */
import { LOWEST_WORKER_VERSION } from '../../../core/contract/version.js';
import { modelBundleKey } from '../../../core/contract/keys.js';
import type { SourceObjects } from '../../../runner/dataset/ports.js';
import type { PackagedModel } from '../../../runner/model/package-model.js';
import { JobEnded } from '../../../runner/submit/ended-job.js';
import { submitJob } from '../../../runner/submit/submit-job.js';
import type { SubmitPorts, SubmitRequest } from '../../../runner/submit/submit-request.js';
import { addJob, inputOf, type JobShape, modelOf, type SimulatedJob } from '../jobs.js';
import type { SimulatedProcess } from '../process.js';
import type { Random } from '../random.js';
import type { World } from '../world/world.js';
import { giveAgain } from './given-again.js';

const AGAIN_MOST_MS = 60_000;

/** Submits a new job of this shape, or a job that is known once more. */
export function startSubmit(world: World, random: Random, shape: JobShape | SimulatedJob): void {
  const job = 'job' in shape ? shape : addJob(world, shape);
  giveAgain(world, random, {
    kind: 'submit',
    name: 'submit',
    againMostMs: AGAIN_MOST_MS,
    run: (process) => submit(world, process, job),
    isLast: (error) => isOfEndedJob(world, job, error),
  });
}

/** A job that has ended is not submitted again. */
export function isOfEndedJob(world: World, job: Pick<SimulatedJob, 'job' | 'isCancelled'>, error: unknown): boolean {
  if (!(error instanceof JobEnded)) return false;
  if (!job.isCancelled && error.ended.state === 'cancelled') world.problem(`${job.job} was cancelled by nobody`);
  return true;
}

async function submit(world: World, process: SimulatedProcess, job: SimulatedJob): Promise<void> {
  const { signal } = new AbortController();
  const ports = submitPorts(world, process, { job: job.job, sources: sourcesOf(job) });
  await submitJob(requestOf(job), ports, { signal, onEvent: () => undefined });
}

export function submitPorts(
  world: World,
  process: SimulatedProcess,
  { job, sources }: Pick<SimulatedJob, 'job'> & { readonly sources: SourceObjects },
): SubmitPorts {
  // The bundle is in the bucket already, so that no file of this machine is read.
  world.bucket.put(modelBundleKey(modelOf(job).digest), 'bundle');
  return {
    store: world.bucket.storeFor(process),
    queue: world.queue.queueFor(process),
    sources,
    clock: process.clock,
    random: process.random.next,
    pack: async () => packed(job),
    newClaimId: () => process.name,
  };
}

export const requestOf = ({
  job,
  itemsPerBatch,
  options,
}: Pick<SimulatedJob, 'job' | 'itemsPerBatch' | 'options'>): SubmitRequest => ({
  dataset: { arguments: [`s3://data/${job}.jsonl`], cwd: '/' },
  model: { argument: `model ${job}`, cwd: '/', searchPath: '' },
  sizes: { batchItems: itemsPerBatch },
  options,
  id: job,
  createdBy: 'someone',
  versions: { spotpool: '0', node: '20', worker: LOWEST_WORKER_VERSION },
});

/** The dataset is read without the network: it may lie on the submitter's disk. */
function sourcesOf({ batches, itemsPerBatch }: SimulatedJob): SourceObjects {
  const lines = Array.from({ length: batches * itemsPerBatch }, (_, index) => `${inputOf(index)}\n`).join('');
  return {
    head: async (_, key) => ({ key, size: lines.length, etag: '' }),
    async *stream() {
      yield Buffer.from(lines);
    },
    async *list() {
      // No dataset here is a prefix.
    },
  };
}

const packed = (job: string): PackagedModel => ({
  spec: modelOf(job),
  file: '/nowhere/bundle.tar.gz',
  bytes: 0,
  shipped: { paths: [], files: 0, bytes: 0, largest: [] },
  leftOut: [],
  dispose: async () => undefined,
});

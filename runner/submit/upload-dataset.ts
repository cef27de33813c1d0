/**
 * Uploads a dataset's parts and its plan. Each key is written once, so an object that a worker may be reading is never overwritten.
 * Parts that an interrupted submission of the same job has uploaded are compared and not sent again.
 */
import type { Hash } from 'node:crypto';
import type { BatchLocation } from '../../core/contract/batch-message.js';
import type { DatasetSpec } from '../../core/contract/job.js';
import { inputPartKey, planKey } from '../../core/contract/keys.js';
import type { ObjectStore } from '../../core/contract/object-store.js';
import { decodePlanLine, encodePlanLine } from '../../core/dataset/plan.js';
import { definedFields } from '../../core/defined-fields.js';
import type { Dataset } from '../dataset/opened-dataset.js';
import { STANDARD_INPUT } from '../dataset/sources/local-source.js';
import { plural } from '../display/format.js';
import { UserError } from '../errors.js';
import { putSources } from './put-sources.js';
import type { DatasetPass } from './dataset-pass.js';
import { type KeptWriting, OtherKeptLines } from './kept-parts.js';

export interface PassedDataset {
  readonly spec: DatasetSpec;
  readonly plan: readonly BatchLocation[];
}

export interface PassOptions {
  readonly job: string;
  /** The user chose no size of batches. */
  readonly isGuided: boolean;
  readonly signal: AbortSignal;
  readonly onProgress: () => void;
}

export async function uploadDataset(
  dataset: Dataset,
  pass: DatasetPass,
  store: ObjectStore,
  options: PassOptions,
): Promise<PassedDataset> {
  const { job, signal } = options;
  for (let part = 0; await pass.hasMore(); part++) {
    await uploadPart(pass, part, store, options);
    await withSameLines(job, pass.kept?.endPart({ store, signal }));
  }
  const passed = await finish(dataset, pass, options, { store, signal });
  if (!(await putSources(dataset, job, store, signal))) throw otherData(job, 'files or rows of the dataset');
  const plan = planText(passed.plan);
  const put = await store.put(planKey(job), plan, { signal, ifNoneMatch: true, contentType: 'application/jsonl' });
  if (put.kind === 'written') return passed;
  const planned = await readPlan(store, job, signal);
  if (planned === plan) return passed;
  // No size was given now. A pace that only one of the submissions has makes no other job of it.
  const earlier = options.isGuided && planned !== undefined ? plannedBatches(job, planned) : [];
  if (itemsIn(earlier) !== passed.spec.items) throw otherData(job, SIZES);
  return { ...passed, plan: earlier };
}

const itemsIn = (plan: readonly BatchLocation[]): number => plan.reduce((sum, { items }) => sum + items, 0);

/** Decodes the plan that an earlier submission of the job has stored. */
export function plannedBatches(job: string, planned: string): readonly BatchLocation[] {
  const plan = planned.trimEnd().split('\n').map(decodePlanLine);
  const known = plan.filter((location) => location !== undefined);
  if (known.length === plan.length) return known;
  throw new UserError(
    `Cannot continue job ${job}: its plan ${planKey(job)} is damaged. Submit the dataset under another --id.`,
  );
}

/** Reads the dataset as for an upload, but sends nothing. */
export async function checkDataset(dataset: Dataset, pass: DatasetPass, options: PassOptions): Promise<PassedDataset> {
  const { signal } = options;
  for (let part = 0; await pass.hasMore(); part++) {
    await drain(pass.part(part), options);
    await pass.kept?.endPart({ signal });
  }
  return finish(dataset, pass, options, { signal });
}

export const planText = (plan: readonly BatchLocation[]): string => plan.map(encodePlanLine).join('');

export async function readPlan(store: ObjectStore, job: string, signal: AbortSignal): Promise<string | undefined> {
  const stored = await store.get(planKey(job), { signal });
  return stored && new TextDecoder().decode(stored.body);
}

async function finish(
  dataset: Dataset,
  pass: DatasetPass,
  { job }: PassOptions,
  writing: KeptWriting,
): Promise<PassedDataset> {
  if (pass.items === 0) throw noItems(dataset);
  const { items, bytes, badItems } = pass;
  if (badItems === items) throw nothingReadable(dataset, pass);
  const identity = await withSameLines(job, pass.kept?.end(writing));
  const from = { sources: dataset.sources?.count, sample: dataset.sample, identity };
  const { name, kind } = dataset;
  const spec = { name, digest: pass.digest(), kind, items, bytes, badItems, ...definedFields(from) };
  return { spec, plan: pass.plan(job) };
}

/** Such a dataset is refused, because a fleet would only commit these errors. */
const nothingReadable = ({ name, kind }: Dataset, { items, firstBad = '' }: DatasetPass): UserError =>
  new UserError(
    `None of the ${plural(items, kind === 'lines' ? 'line' : 'file')} of the dataset ${name} can be read. The first error: ${firstBad}`,
  );

/** The items of the Python package come by way of standard input, too, so its name says nothing to every user. */
export const noItems = ({ name }: Pick<Dataset, 'name'>): UserError =>
  new UserError(name === STANDARD_INPUT ? 'The dataset has no items.' : `The dataset ${name} has no items.`);

async function uploadPart(pass: DatasetPass, part: number, store: ObjectStore, options: PassOptions): Promise<void> {
  const { job, signal } = options;
  const key = inputPartKey(job, part);
  const before = pass.forkHash();
  const body = reported(pass.part(part), options);
  if ((await store.head(key, { signal })) === undefined) {
    const put = await store.upload(key, body, { signal, ifNoneMatch: true, contentType: 'application/jsonl' });
    if (put.kind === 'written') return;
  }
  await drain(body, options);
  if ((await digestWith(before, store, key, signal)) !== pass.digest()) throw otherData(job, 'dataset');
}

async function digestWith(hash: Hash, store: ObjectStore, key: string, signal: AbortSignal): Promise<string> {
  for await (const chunk of store.stream(key, { signal })) hash.update(chunk);
  return hash.digest('hex');
}

async function* reported(chunks: AsyncIterable<Uint8Array>, { onProgress }: PassOptions): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    onProgress();
    yield chunk;
  }
}

async function drain(chunks: AsyncIterable<Uint8Array>, { signal, onProgress }: PassOptions): Promise<void> {
  for await (const _chunk of chunks) {
    signal.throwIfAborted();
    onProgress();
  }
}

async function withSameLines<T>(job: string, writing: Promise<T> | undefined): Promise<T | undefined> {
  try {
    return await writing;
  } catch (error) {
    throw error instanceof OtherKeptLines ? otherData(job, 'ids or kept fields (--id-field, --keep)') : error;
  }
}

const SIZES = 'batch sizes (--batch-size, --batch-bytes; without them --max-workers counts, too)';

const otherData = (job: string, what: string): UserError =>
  new UserError(
    `An interrupted submission of job ${job} had ${what === 'dataset' ? 'another dataset' : `other ${what}`}. ` +
      `Repeat that command, or choose another --id.`,
  );

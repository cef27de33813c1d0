/** Opens the output that the options name: a file, a stream, or parts in a folder or a bucket. */
import type { Writable } from 'node:stream';
import { UserError } from '../errors.js';
import { openOutput, requireOutput } from './byte-output.js';
import { fileSink } from './file-sink.js';
import { CsvSurvey } from './forms/csv.js';
import { jsonLinesForm } from './forms/json-lines.js';
import { gzipOutput } from './gzip-output.js';
import { claimFolder, claimOutput, type GivenFile, type OutputRules } from './output-place.js';
import { endingOf, type OutOptions, outTarget, type OutTarget } from './out-target.js';
import { parquetSurvey } from './parquet/parquet-form.js';
import { BucketStore } from './parts/bucket-store.js';
import { FolderStore } from './parts/folder-store.js';
import { partsStateOf, refuseState } from './parts/parts-claim.js';
import { refuseGivenObjects } from './parts/refuse-given-objects.js';
import { openParts } from './parts/parts-sink.js';
import type { PartsStore } from './parts/parts-store.js';
import type { ResultBuckets } from './ports.js';
import type { JobIdentity } from './results-meta.js';
import type { FormSurvey, RowColumns, RowForm, RowSink } from './row-sink.js';

export interface OutputChoice extends OutOptions {
  readonly force: boolean;
}

/** The world outside the outputs. */
export interface OutputWorld {
  readonly cwd: string;
  readonly stdout: Writable;
  readonly given: readonly GivenFile[];
  readonly signal: AbortSignal;
  /** Absent before there is a stack. Then a bucket cannot be looked at. */
  readonly s3?: { readonly buckets: ResultBuckets; readonly stackBucket: string };
}

export type FormChoice =
  | { readonly kind: 'direct'; readonly form: RowForm }
  /** The form is known when the survey has seen every row. */
  | { readonly kind: 'surveyed'; readonly survey: FormSurvey };

export function chooseForm(
  { format, jsonColumns }: Pick<OutTarget, 'format' | 'jsonColumns'>,
  columns: RowColumns,
): FormChoice {
  switch (format) {
    case 'jsonl':
      return { kind: 'direct', form: jsonLinesForm(columns) };
    case 'csv':
      return { kind: 'surveyed', survey: new CsvSurvey(columns) };
    case 'parquet':
      return { kind: 'surveyed', survey: parquetSurvey({ columns, jsonColumns }) };
  }
}

/**
 * Refuses early what `openResults` would refuse later, before the command starts anything. It leaves no trace. `job` is the id that the job will have,
 * as far as it is known.
 */
export async function requireResults(choice: OutputChoice, world: OutputWorld, job?: string): Promise<void> {
  const target = outTarget(choice);
  if (target.kind === 'file' || target.kind === 'stream') {
    await requireOutput(choice.out, rulesOf(choice, world));
    return;
  }
  const store = await partsStore(choice, target, world);
  if (store === undefined) return;
  const state = await partsStateOf(store);
  if (!choice.force) refuseState(store, state, (earlier) => earlier.job === job);
}

export async function openResults(
  choice: OutputChoice,
  world: OutputWorld,
  { form, identity }: { readonly form: RowForm; readonly identity: JobIdentity },
): Promise<RowSink> {
  const target = outTarget(choice);
  const { out, force } = choice;
  if (target.kind === 'file' || target.kind === 'stream') {
    refuseBytesOnTerminal(target, world.stdout);
    const output = await openOutput(out, { ...rulesOf(choice, world), stdout: world.stdout, identity });
    return fileSink(form, target.gzip ? gzipOutput(output) : output);
  }
  const store = await partsStore(choice, target, world);
  if (store === undefined) throw new Error(`${out} cannot be written without a stack.`);
  const { gzip, partBytes } = target;
  return openParts(store, { form, ending: endingOf(target), gzip, partBytes, identity, force });
}

/** True when the results themselves go there, so the command must print nothing else. */
export async function goesToStandardOutput(choice: OutputChoice, world: OutputWorld): Promise<boolean> {
  const { kind } = outTarget(choice);
  if (kind !== 'file' && kind !== 'stream') return false;
  return (await claimOutput(choice.out, rulesOf(choice, world))).kind === 'standard-output';
}

/** The file, pipe or device to which the output goes, without links. Undefined for standard output and for parts. */
export async function fileOf(choice: OutputChoice, world: OutputWorld): Promise<string | undefined> {
  const { kind } = outTarget(choice);
  if (kind !== 'file' && kind !== 'stream') return undefined;
  const place = await claimOutput(choice.out, rulesOf(choice, world));
  return place.kind === 'standard-output' ? undefined : place.path;
}

const rulesOf = ({ force }: OutputChoice, { cwd, given }: OutputWorld): OutputRules => ({ cwd, given, force });

async function partsStore(
  { out, force }: OutputChoice,
  target: Extract<OutTarget, { readonly partBytes: number }>,
  world: OutputWorld,
): Promise<PartsStore | undefined> {
  if (target.kind === 'folder') {
    return new FolderStore(out, await claimFolder(out, { cwd: world.cwd, given: world.given, force: false }));
  }
  refuseGivenObjects(out, world.given, force);
  const { s3, signal } = world;
  if (s3 === undefined) return undefined;
  if (target.bucket === s3.stackBucket) {
    throw new UserError(`--out ${out} is in the bucket of the stack, which holds the jobs. Name a bucket of your own.`);
  }
  return new BucketStore({ url: out, bucket: s3.buckets(target.bucket), prefix: target.prefix, signal });
}

/** A terminal would show them as rubbish. */
function refuseBytesOnTerminal({ kind, gzip, format }: OutTarget, stdout: Writable): void {
  const isTerminal = 'isTTY' in stdout && stdout.isTTY === true;
  if (kind !== 'stream' || !isTerminal || (!gzip && format !== 'parquet')) return;
  throw new UserError(
    `A terminal cannot show ${gzip ? 'gzip' : format}. Pipe it to a program, or name a file with --out.`,
  );
}

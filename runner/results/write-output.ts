/** Writes the results of a job to the output that the options name, and the inputs of its failed items to a second file if that is wanted. */
import type { DatasetSpec } from '../../core/contract/job.js';
import type { ResultRow } from '../../core/contract/result-row.js';
import { definedFields } from '../../core/defined-fields.js';
import type { Provenance } from '../../core/record/provenance.js';
import { UserError } from '../errors.js';
import type { CheckedBatch } from './checked-outcomes.js';
import { type FamilyReading, readFamilyRows, type SeenOutcomes } from './family/family-rows.js';
import { itemLinesForm } from './forms/item-lines.js';
import {
  chooseForm,
  fileOf,
  openResults,
  type OutputChoice,
  type OutputWorld,
  requireResults,
} from './open-results.js';
import { isSameFile } from './output-place.js';
import { outTarget } from './out-target.js';
import { SeenRows } from './seen-rows.js';
import type { JobIdentity } from './results-meta.js';
import { type JoinFlags, type Joins, joinsOf } from './joined/joins-of.js';
import type { Placed, RowForm, RowSink } from './row-sink.js';
import { chosenRows, type WrittenResults, writeResults } from './write-results.js';

export interface ResultsChoice extends OutputChoice, JoinFlags {
  readonly only?: 'ok' | 'failed' | undefined;
  readonly partial?: boolean | undefined;
}

export interface ResultsOfJob extends Omit<FamilyReading, 'chosen' | 'chosenOf'> {
  readonly createdAt: string;
  readonly provenance?: Provenance;
  readonly dataset: Pick<DatasetSpec, 'kind' | 'name' | 'identity'>;
  /** For a rerun: the job, the job that it is a rerun of, and so on to the first job. */
  readonly lineage?: readonly string[];
}

/** Refuses early what `writeOutput` would refuse later. It leaves no trace. */
export async function requireWritable(choice: ResultsChoice, world: OutputWorld, job?: string): Promise<void> {
  const failed = failedChoice(choice);
  await requireResults(choice, world, job);
  if (failed === undefined) return;
  await requireResults(failed, world, job);
  await refuseSame(choice, failed, world);
}

/** Two names may be one file, by links of either kind. */
async function refuseSame(choice: ResultsChoice, failed: OutputChoice, world: OutputWorld): Promise<void> {
  const [place, other] = [await fileOf(choice, world), await fileOf(failed, world)];
  if (place === undefined || other === undefined || !(await isSameFile(place, other))) return;
  throw new UserError(`--failed-out ${failed.out} and --out ${choice.out} are the same file. Name two files.`);
}

export async function writeOutput(
  choice: ResultsChoice,
  world: OutputWorld,
  job: ResultsOfJob,
): Promise<WrittenResults & Placed & FoundColumns> {
  const { createdAt, dataset, provenance, lineage: _lineage, ...reading } = job;
  const identity = { job: job.job, createdAt, ...definedFields({ provenance }) };
  const failed = failedChoice(choice);
  if (failed !== undefined) {
    refuseObjects(dataset);
    await refuseSame(choice, failed, world);
  }
  const joins = joinsOf(job, choice, job);
  const { form, chosen, chosenOf, chosenPartial, columns } = await formOf(choice, world, job, joins);
  const sink = await openResults(choice, world, { form, identity });
  const failedOut = failed && {
    file: failed.out,
    sink: await openBeside(sink, failed, world, identity),
    strip: choice.withInput !== true,
  };
  const { only, partial, jobOfLine } = choice;
  const { stage } = joins;
  const written = await writeResults({
    ...reading,
    sink,
    ...definedFields({ stage, only, partial, jobOfLine, chosen, chosenOf, chosenPartial, failedOut }),
  });
  return { ...written, ...definedFields({ columns }) };
}

export interface FoundColumns {
  /** Describes the columns whose types were found from the results. */
  readonly columns?: string;
}

interface KnownForm extends FoundColumns {
  readonly form: RowForm;
  /** The batches that were seen when the form was found. */
  readonly chosen?: ReadonlySet<number>;
  /** The rows of unfinished batches that were seen. */
  readonly chosenPartial?: SeenRows;
  /** The same for each rerun. */
  readonly chosenOf?: ReadonlyMap<string, SeenOutcomes>;
}

/** Reads all results once where the form depends on them. */
async function formOf(
  choice: ResultsChoice,
  world: OutputWorld,
  job: ResultsOfJob,
  { columns, stage }: Joins,
): Promise<KnownForm> {
  const found = chooseForm(outTarget(choice), columns);
  if (found.kind === 'direct') return { form: found.form };
  await requireResults(choice, world, job.job);
  const chosen = new Set<number>();
  const chosenPartial = new SeenRows();
  const onBatch = ({ batch }: CheckedBatch): void => void chosen.add(batch);
  const onPartial = (some: readonly ResultRow[]): void => addAll(chosenPartial, some);
  const chosenOf = new Map<string, SeenOutcomes>(
    job.family?.reruns.map((rerun) => [rerun.job, { batches: new Set(), partial: new SeenRows() }]),
  );
  const { partial, jobOfLine } = choice;
  const rows = readFamilyRows(job, {
    onBatch,
    onPartial,
    onRerunBatch: (rerun, { batch }) => void chosenOf.get(rerun)?.batches.add(batch),
    onRerunPartial: (rerun, some) => addAll(chosenOf.get(rerun)?.partial, some),
    ...definedFields({ partial, jobOfLine }),
  });
  for await (const some of stage === undefined ? rows : stage(rows)) {
    world.signal.throwIfAborted();
    found.survey.look(chosenRows(some, choice.only));
  }
  const seen = { chosen, chosenOf, chosenPartial };
  return { form: found.survey.form(), ...seen, ...definedFields({ columns: found.survey.describe?.() }) };
}

function addAll(seen: SeenRows | undefined, rows: readonly ResultRow[]): void {
  for (const { index } of rows) seen?.add(index);
}

/** Opens the second output. If that fails, the first one leaves no trace. */
async function openBeside(
  sink: RowSink,
  failed: OutputChoice,
  world: OutputWorld,
  identity: JobIdentity,
): Promise<RowSink> {
  try {
    return await openResults(failed, world, { form: itemLinesForm, identity });
  } catch (error) {
    await sink.discard();
    throw error;
  }
}

/** The file of failed items is a dataset of JSON Lines. */
function failedChoice({ failedOut, force }: ResultsChoice): OutputChoice | undefined {
  if (failedOut === undefined) return undefined;
  const choice = { out: failedOut, force };
  const target = outTarget(choice);
  if (target.kind !== 'file' || target.format !== 'jsonl') {
    throw new UserError(
      `--failed-out ${failedOut} cannot hold the failed items. They are written as JSON Lines: name a file that ends in .jsonl or .jsonl.gz.`,
    );
  }
  return choice;
}

function refuseObjects({ kind, name }: Pick<DatasetSpec, 'kind' | 'name'>): void {
  if (kind !== 'objects') return;
  throw new UserError(
    `--failed-out does not work for ${name}, because its items are files. To see which failed, use --only failed.`,
  );
}

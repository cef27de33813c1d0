/**
 * Collects what is told of a job's end: from the job's record, and from outcomes where workers have not summed up all errors yet.
 * It reads a bounded number of objects, because the stack's function makes it, too.
 */
import { type EndEntry, type EndState, endOf } from '../../core/contract/ends.js';
import { splitLogEnd } from '../../core/contract/log-end.js';
import type { EndFacts } from '../../core/contract/notification.js';
import { definedFields } from '../../core/defined-fields.js';
import { judgeJob } from '../../core/pool/success.js';
import type { JobRecord } from '../../core/record/job-record.js';
import { shorten } from '../../core/shorten.js';
import type { JobView } from '../controller/observe/read-job.js';
import { type JobProgress, progressOfJob } from '../controller/report.js';
import { oneLine } from '../display/format.js';
import { buildRecord, newRecordMemory, type RecordPorts } from '../record/build-record.js';
import { readErrors } from '../record/read-errors.js';
import { readJobView } from '../status/job-status.js';
import { endText, type ToldFacts } from './end-text.js';

export interface EndWish {
  readonly job: string;
  readonly stack: string;
  /** The end that is told. Without it, the last one of the job. */
  readonly end?: EndEntry;
  /** Names the next step for people, with its command. */
  readonly nextOf: (progress: JobProgress) => string | undefined;
}

const SHOWN_ERRORS = 3;
/** The error of a model may be its code, too. */
const CODE_CHARACTERS = 100;
/** About ten lines of a terminal. */
const REASON_CHARACTERS = 1_000;
/** With this many workers the errors of a job are well known, and so many summaries fit into the memory of the stack's function. */
const MOST_SUMMARIES = 500;
/** Enough to tell a job from all others of any stack. */
const DIGEST_CHARACTERS = 12;

/** Resolves with undefined when the job has no end. */
export async function readEndFacts(
  ports: RecordPorts,
  { job, stack, end: given, nextOf }: EndWish,
  { nowMs, signal }: { readonly nowMs: number; readonly signal: AbortSignal },
): Promise<EndFacts | undefined> {
  const memory = newRecordMemory();
  const view = await readJobView(ports.store, job, signal, memory.job);
  const end = given ?? lastEnd(view);
  if (end === undefined) return undefined;
  const record = await buildRecord(ports, job, { nowMs, signal, memory, mostSummaries: MOST_SUMMARIES });
  const progress: JobProgress = { ...progressOfJob(view), state: end.state, reason: end.reason };
  const facts: ToldFacts = {
    ...factsOf(progress, end, record),
    id: idOf(view, end),
    stack,
    errors: await errorsOf(ports, view, record, signal),
    ...definedFields({ next: nextOf(progress) }),
  };
  return { ...facts, text: endText(facts, progress.maxFailed) };
}

/** A job that was resumed since has its last end before the resume. */
const lastEnd = ({ ends: { ends } }: JobView): EndEntry | undefined =>
  endOf(ends) ?? ends.entries.findLast((entry) => entry.kind === 'end');

/** A receiver of Standard Webhooks finds no full stop in it. The digest is that of the manifest, which says who submitted the job and when. */
const idOf = ({ job, manifestDigest }: JobView, { number }: EndEntry): string =>
  `${job}-${number}-${manifestDigest.slice(0, DIGEST_CHARACTERS)}`;

function factsOf(
  progress: JobProgress,
  { state, reason, at, number }: EndEntry,
  { cost, pool, how }: JobRecord,
): Omit<ToldFacts, 'id' | 'stack' | 'errors' | 'next'> {
  const { job, name, items, batches, dataset, model, createdBy, createdAt } = progress;
  const { spotDollars, onDemandDollars } = cost;
  return {
    version: 1,
    type: 'job.ended',
    timestamp: at,
    job,
    ...definedFields({ name }),
    state,
    success: isSuccess(progress, state),
    end: number,
    // The words of the model stay in the stack.
    reason: oneLine(shorten(splitLogEnd(reason).said, REASON_CHARACTERS)),
    dataset,
    model,
    createdBy,
    items,
    batches: { total: batches.total, done: batches.done, givenUp: batches.failed },
    seconds: secondsBetween(createdAt, at) ?? how.seconds,
    instances: pool.instances.length,
    cost: definedFields({ spotDollars, onDemandDollars }),
  };
}

const isSuccess = (progress: JobProgress, state: EndState): boolean => judgeJob({ ...progress, state }) === 'success';

/** A time for people may be any text. */
function secondsBetween(from: string, to: string): number | undefined {
  const ms = Date.parse(to) - Date.parse(from);
  return Number.isNaN(ms) ? undefined : Math.max(0, ms) / 1_000;
}

/** Workers sum up their events every few seconds. Until then, the first outcomes with failed items may tell more. */
async function errorsOf(
  { store }: RecordPorts,
  { job, facts: { progress } }: JobView,
  { outcomes }: JobRecord,
  signal: AbortSignal,
): Promise<EndFacts['errors']> {
  const counted = sum(outcomes.errors);
  const { failing = [], items } = progress;
  const read =
    counted < items.failed && failing.length > 0
      ? (await readErrors(store, job, { failing, mostCodes: MOST_CODES }, signal)).errors()
      : [];
  const known = sum(read) > counted ? read : outcomes.errors;
  return known
    .slice(0, SHOWN_ERRORS)
    .map(({ code, count }) => ({ code: oneLine(code).slice(0, CODE_CHARACTERS), count }));
}

/** A model that uses more codes probably makes a code of every message. */
const MOST_CODES = 200;

const sum = (errors: readonly { readonly count: number }[]): number =>
  errors.reduce((total, { count }) => total + count, 0);

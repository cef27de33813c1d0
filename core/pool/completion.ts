/** Tells a job's state, and decides when it ends (R5, R10). */
import { definedFields } from '../defined-fields.js';
import { whyItemsEndJob } from './failed-items.js';
import type { EndEntry, OutcomeCounts, ResumeEntry } from '../contract/ends.js';
import type { DoneMark, JobState, UnableMark } from '../contract/job.js';
import { type MaxFailed, tooManyFailed } from '../contract/max-failed.js';
import type { Progress } from './progress.js';
import { SAMPLE_BATCHES } from '../dataset/sending-order.js';
import { instanceHours } from './usage.js';

/** R10: when so many instances report the same failure of a model's fetch, setup or load, it is not chance. */
const ALIKE_UNABLE_MARKS = 3;
/** R10: so many failures count without being alike, while not one batch has an outcome: one cause may give different messages. */
const UNABLE_MARKS_WITHOUT_OUTCOME = 10;
/** R10: when so many first batches were all given up, the others would be, too. */
const FIRST_BATCHES_GIVEN_UP = SAMPLE_BATCHES;
/** This much of a message tells two causes apart; the rest is often a path or a stack. */
const COMPARED_CHARACTERS = 300;

export interface JobFacts {
  readonly batches: number;
  readonly items: number;
  readonly progress: Progress;
  /** Every batch has been sent once: `enqueued.json` exists. */
  readonly enqueued: boolean;
  /** The job's end; absent while it goes on. */
  readonly ended?: EndEntry;
  /** The last resume: outcomes of before do not end the job. */
  readonly resumed?: ResumeEntry;
  /** The marks since the job began, or since it was resumed. */
  readonly unable: readonly UnableMark[];
  readonly maxInstanceHours?: number;
  readonly maxFailed?: MaxFailed;
}

export interface JobVerdict {
  readonly state: JobState;
  readonly reason?: string;
}

/** Tells the state from ends and outcomes. It is right even when no controller has written the end yet. */
export function jobVerdict(facts: JobFacts): JobVerdict {
  const { ended } = facts;
  const isDone = facts.batches === facts.progress.batches.done;
  // A job that was cancelled is complete all the same when workers still committed the batches that were left.
  if (ended !== undefined && !(ended.state === 'cancelled' && isDone)) {
    return { state: ended.state, reason: ended.reason };
  }
  if (isDone) return { state: 'complete', reason: completeReason(facts) };
  return { state: facts.enqueued ? 'running' : 'submitting' };
}

export type JobEnd = Pick<DoneMark, 'state' | 'reason'>;

export interface DecidedEnd extends JobEnd {
  /** Too many items failed: their commonest error belongs to the reason, and is only read when the job ends. */
  readonly ofFailedItems?: true;
}

/** Returns the end to write now, if the job has come to its end and none is written. */
export function decideEnd(facts: JobFacts): DecidedEnd | undefined {
  if (facts.ended !== undefined) return undefined;
  if (facts.batches === facts.progress.batches.done) {
    const end: JobEnd = { state: 'complete', reason: completeReason(facts) };
    return tooManyFailed(failedItems(facts)) ? { ...end, ofFailedItems: true } : end;
  }
  const unusable = unableEverywhere(facts.unable) ?? nowhereAble(facts);
  return unusable ?? givenUpFromTheStart(facts) ?? byFailedItems(facts) ?? usedUp(facts);
}

/** Returns the outcomes since the job began, or since it was resumed. */
function freshCounts({ progress: { batches, items }, resumed }: JobFacts): OutcomeCounts {
  if (resumed === undefined) return { batches, items };
  const { before } = resumed;
  const since = (now: number, then: number): number => Math.max(0, now - then);
  return {
    batches: { done: since(batches.done, before.batches.done), failed: since(batches.failed, before.batches.failed) },
    items: { ok: since(items.ok, before.items.ok), failed: since(items.failed, before.items.failed) },
  };
}

function byFailedItems(facts: JobFacts): DecidedEnd | undefined {
  const { batches, items } = freshCounts(facts);
  const reason = whyItemsEndJob({
    ...failedItems(facts),
    batches: { done: batches.done, total: facts.batches, left: facts.batches - facts.progress.batches.done },
    items: { total: facts.items, ...items },
    isResumed: facts.resumed !== undefined,
  });
  return reason === undefined ? undefined : { state: 'failed', reason, ofFailedItems: true };
}

const failedItems = ({ items, maxFailed, progress }: JobFacts) => ({
  items: { total: items, ...progress.items },
  ...definedFields({ maxFailed }),
});

function usedUp({ batches, progress, maxInstanceHours = Infinity }: JobFacts): JobEnd | undefined {
  const hours = instanceHours(progress.usage);
  if (hours < maxInstanceHours) return undefined;
  const { done } = progress.batches;
  return {
    state: 'failed',
    reason:
      `It has used ${hours.toFixed(2)} instance-hours, and --max-instance-hours is ${maxInstanceHours}. ` +
      `${done} of ${batches} batches are done and stay; to compute the rest, resume the job with a higher --max-instance-hours.`,
  };
}

function completeReason(facts: JobFacts): string {
  const { batches, progress, maxFailed } = facts;
  const { ok, failed } = progress.items;
  const givenUp = progress.batches.failed;
  const lost = givenUp === 0 ? '' : ` ${givenUp === 1 ? '1 batch was' : `${givenUp} of the batches were`} given up.`;
  const more = maxFailed !== undefined && tooManyFailed(failedItems(facts));
  const tooMany = more ? ` These are more than --max-failed ${maxFailed} allows.` : '';
  const all = batches === 1 ? 'Its batch has its outcome' : `All ${batches} batches have their outcome`;
  return `${all}: ${ok} ${ok === 1 ? 'item' : 'items'} ok, ${failed} failed.${tooMany}${lost}`;
}

function unableEverywhere(marks: readonly UnableMark[]): JobEnd | undefined {
  const alike = new Map<string, Map<string, UnableMark>>();
  for (const mark of marks) {
    const key = `${mark.phase} ${comparable(mark)}`;
    const instances = alike.get(key) ?? new Map<string, UnableMark>();
    alike.set(key, instances.set(mark.instance, mark));
  }
  for (const instances of alike.values()) {
    const [first] = instances.values();
    if (first === undefined || instances.size < ALIKE_UNABLE_MARKS) continue;
    const doing = DOING[first.phase];
    return {
      state: 'failed',
      reason: `${instances.size} instances could not ${doing}, all for the same reason: ${first.message}`,
    };
  }
  return undefined;
}

const DOING: Readonly<Record<UnableMark['phase'], string>> = {
  fetch: 'fetch the model',
  environment: "install the model's packages",
  weights: "fetch the model's weights",
  setup: "run the model's setup",
  load: 'load the model',
  version: 'take its batches',
};

function nowhereAble(facts: JobFacts): JobEnd | undefined {
  const { unable } = facts;
  const instances = new Set(unable.map(({ instance }) => instance)).size;
  if (instances < UNABLE_MARKS_WITHOUT_OUTCOME || freshCounts(facts).batches.done > 0) return undefined;
  const last = unable.at(-1)?.message ?? '';
  return {
    state: 'failed',
    reason: `${instances} instances could not use the model, and none could; one says: ${last}`,
  };
}

/**
 * Leaves out the parts of a message that differ between instances although the cause is the same: ids, numbers (pids, ports, times), and paths, since
 * each instance has directories of its own.
 */
function comparable({ message, instance }: UnableMark): string {
  return message
    .replaceAll(/(?:file:\/\/)?\/[^\s'":)]+/g, '/')
    .replaceAll(instance, '')
    .replaceAll(/[0-9a-f]{8,}|\d+/gi, '#')
    .replaceAll(/\s+/g, ' ')
    .toLowerCase()
    .slice(0, COMPARED_CHARACTERS);
}

function givenUpFromTheStart(facts: JobFacts): DecidedEnd | undefined {
  const { batches } = freshCounts(facts);
  if (batches.done < FIRST_BATCHES_GIVEN_UP || batches.failed < batches.done) return undefined;
  const first = facts.resumed === undefined ? 'The first' : 'Since the job was resumed, the first';
  return {
    state: 'failed',
    reason: `${first} ${batches.done} batches were all given up, after their last attempts. The job was ended without the others.`,
    ofFailedItems: true,
  };
}

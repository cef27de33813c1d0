/** Tells a job's state, and decides when it ends (R5, R10). */
import { definedFields } from '../defined-fields.js';
import { whyItemsEndJob } from './failed-items.js';
import type { CancelMark, DoneMark, JobState, UnableMark } from '../contract/job.js';
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
  readonly cancelled?: CancelMark;
  readonly done?: DoneMark;
  readonly unable: readonly UnableMark[];
  readonly maxInstanceHours?: number;
  readonly maxFailed?: MaxFailed;
}

export interface JobVerdict {
  readonly state: JobState;
  readonly reason?: string;
}

/** Tells the state from the marks and outcomes. It is right even when no controller has written `done.json` yet. */
export function jobVerdict(facts: JobFacts): JobVerdict {
  if (facts.done !== undefined) return { state: facts.done.state, reason: facts.done.reason };
  if (facts.batches === facts.progress.batches.done) return { state: 'complete', reason: completeReason(facts) };
  if (facts.cancelled !== undefined) {
    return { state: 'cancelled', reason: `Cancelled by ${facts.cancelled.by} at ${facts.cancelled.at}.` };
  }
  return { state: facts.enqueued ? 'running' : 'submitting' };
}

export type JobEnd = Pick<DoneMark, 'state' | 'reason'>;

export interface DecidedEnd extends JobEnd {
  /** Too many items failed: their commonest error belongs to the reason, and is only read when the job ends. */
  readonly ofFailedItems?: true;
}

/** Returns the end to write now, if the job has come to its end and no mark is written. */
export function decideEnd(facts: JobFacts): DecidedEnd | undefined {
  if (facts.done !== undefined) return undefined;
  if (facts.batches === facts.progress.batches.done) {
    const end: JobEnd = { state: 'complete', reason: completeReason(facts) };
    return tooManyFailed(failedItems(facts)) ? { ...end, ofFailedItems: true } : end;
  }
  if (facts.cancelled !== undefined) return undefined;
  const unusable = unableEverywhere(facts.unable) ?? nowhereAble(facts);
  return unusable ?? givenUpFromTheStart(facts.progress) ?? byFailedItems(facts) ?? usedUp(facts);
}

function byFailedItems(facts: JobFacts): DecidedEnd | undefined {
  const reason = whyItemsEndJob(failedItems(facts));
  return reason === undefined ? undefined : { state: 'failed', reason, ofFailedItems: true };
}

const failedItems = ({ batches, items, maxFailed, progress }: JobFacts) => ({
  batches: { total: batches, done: progress.batches.done },
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
      `${done} of ${batches} batches are done and stay; to compute the rest, submit it under another id with a higher maximum.`,
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

function nowhereAble({ unable, progress }: JobFacts): JobEnd | undefined {
  const instances = new Set(unable.map(({ instance }) => instance)).size;
  if (instances < UNABLE_MARKS_WITHOUT_OUTCOME || progress.batches.done > 0) return undefined;
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

function givenUpFromTheStart({ batches }: Progress): DecidedEnd | undefined {
  if (batches.done < FIRST_BATCHES_GIVEN_UP || batches.failed < batches.done) return undefined;
  return {
    state: 'failed',
    reason: `The first ${batches.done} batches were all given up, after their last attempts. The job was ended without the others.`,
    ofFailedItems: true,
  };
}

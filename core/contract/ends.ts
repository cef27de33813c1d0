/**
 * The ends and resumes of a job, in order, as one list (`ends/<job>.json`). A job without the list never ended.
 *
 * Invariants:
 * - The list is written with If-None-Match, then with If-Match: the loser reads it again. So no entry is lost, and all readers see one order.
 * - Ends and resumes take turns, and the first entry is an end. The job is over while the last entry is an end.
 * - Entries are numbered from 1, and never change.
 * - A resume holds all options that resumes have changed, so that nobody reads more than the last one.
 */
import type { BatchCounts, ItemCounts } from '../pool/progress.js';
import { jobOptionCodecs, type JobOptions, NAME_CHARACTERS } from './job-options.js';
import type { CancelMark, DoneMark } from './job.js';
import {
  count,
  decode,
  either,
  type Fields,
  integer,
  just,
  linesOfWords,
  list,
  object,
  oneOf,
  optional,
  type Shape,
  time,
  where,
  words,
} from './shape.js';

export type EndState = 'complete' | 'failed' | 'cancelled';

/** The options that a resume may change: those that change no result. */
export const RESUME_OPTION_NAMES = ['maxFailed', 'maxInstanceHours', 'maxWorkers'] as const;
export type ResumeOptionName = (typeof RESUME_OPTION_NAMES)[number];
export type ResumeOptions = Pick<JobOptions, ResumeOptionName>;

export interface EndEntry {
  readonly kind: 'end';
  readonly number: number;
  readonly state: EndState;
  /** A sentence for people that says why the job ended. */
  readonly reason: string;
  readonly at: string;
  /** The user who ended the job; absent when a controller did. */
  readonly by?: string;
}

/** The counts of a job's outcomes. */
export interface OutcomeCounts {
  readonly batches: BatchCounts;
  readonly items: ItemCounts;
}

export interface ResumeEntry {
  readonly kind: 'resume';
  readonly number: number;
  readonly at: string;
  readonly by: string;
  readonly options: ResumeOptions;
  /** The outcomes of before: whatever may end the job is counted without them. */
  readonly before: OutcomeCounts;
}

export type EndsEntry = EndEntry | ResumeEntry;

export interface JobEnds {
  readonly version: 1;
  readonly entries: readonly EndsEntry[];
}

export const NO_ENDS: JobEnds = { version: 1, entries: [] };

/** A job that was resumed more often will not come to its end by another resume. */
export const MOST_RESUMES = 50;
/** The end of the last resume has its place, too. Without it a resumed job could not end. */
export const MOST_ENTRIES = 2 * MOST_RESUMES + 1;
/** Nobody reads more of a sentence. */
const REASON_CHARACTERS = 16 * 1024;
/** A character of a reason takes up to six bytes in JSON, and an entry has some hundred bytes besides. */
export const MOST_ENDS_BYTES = MOST_ENTRIES * (REASON_CHARACTERS * 6 + 8 * NAME_CHARACTERS);

const number = integer(1, MOST_ENTRIES);

const resumeOptions = object<ResumeOptions>(
  Object.fromEntries(
    RESUME_OPTION_NAMES.map((name) => [name, jobOptionCodecs[name]]),
  ) as unknown as Fields<ResumeOptions>,
);

const entry: Shape<EndsEntry> = either<EndEntry, ResumeEntry>(
  object<EndEntry>({
    kind: just('end'),
    number,
    state: oneOf<EndState>({ complete: true, failed: true, cancelled: true }),
    reason: linesOfWords(REASON_CHARACTERS),
    at: time,
    by: optional(words(NAME_CHARACTERS)),
  }),
  object<ResumeEntry>({
    kind: just('resume'),
    number,
    at: time,
    by: words(NAME_CHARACTERS),
    options: resumeOptions,
    before: object<OutcomeCounts>({
      batches: object<BatchCounts>({ done: count, failed: count }),
      items: object<ItemCounts>({ ok: count, failed: count }),
    }),
  }),
);

const isOrdered = (entries: readonly EndsEntry[]): boolean =>
  entries.length > 0 &&
  entries.every((each, at) => each.number === at + 1 && each.kind === (at % 2 === 0 ? 'end' : 'resume'));

const ends = object<JobEnds>({ version: just(1), entries: where(list(entry, MOST_ENTRIES), isOrdered) });

export const encodeEnds = (value: JobEnds): string => `${JSON.stringify(value)}\n`;

export const decodeEnds = (json: string | Uint8Array): JobEnds | undefined => decode(ends, json);

/** Returns the job's end, or undefined while it goes on. */
export function endOf({ entries }: JobEnds): EndEntry | undefined {
  const last = entries.at(-1);
  return last?.kind === 'end' ? last : undefined;
}

/** Returns the last resume, also when the job has ended again. */
export const resumeOf = ({ entries }: JobEnds): ResumeEntry | undefined =>
  entries.findLast((each) => each.kind === 'resume');

export function withEnd(before: JobEnds, end: Omit<EndEntry, 'kind' | 'number'>): JobEnds {
  const reason = end.reason.slice(0, REASON_CHARACTERS);
  return added(before, { kind: 'end', number: before.entries.length + 1, ...end, reason });
}

export function withResume(before: JobEnds, resume: Omit<ResumeEntry, 'kind' | 'number'>): JobEnds {
  const options = { ...resumeOf(before)?.options, ...resume.options };
  return added(before, { kind: 'resume', number: before.entries.length + 1, ...resume, options });
}

const added = ({ entries }: JobEnds, entry: EndsEntry): JobEnds => ({ version: 1, entries: [...entries, entry] });

/** Returns the ends of a job that an older version ended by a mark of its own. */
export function endsOfMarks({
  done,
  cancelled,
}: {
  readonly done?: DoneMark;
  readonly cancelled?: CancelMark;
}): JobEnds {
  if (done !== undefined) return withEnd(NO_ENDS, done);
  if (cancelled === undefined) return NO_ENDS;
  const { at, by } = cancelled;
  return withEnd(NO_ENDS, { state: 'cancelled', reason: cancelReason(cancelled), at, by });
}

export const cancelReason = ({ by, at }: CancelMark): string => `Cancelled by ${by} at ${at}.`;

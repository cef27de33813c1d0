/**
 * Chooses which parts of a job's outcomes a look lists. A part is the outcomes whose names begin with the same digits, and holds about a page of a
 * listing: batches end in any order, so new outcomes may be anywhere, and a listing of all of them takes a hundred pages.
 *
 * Invariants: a part without a missing batch is never listed. Every other part is listed again after a bounded number of looks, however few a look may
 * list, since a part's turn comes nearer with each look.
 */
import { BATCH_DIGITS } from '../../../core/contract/keys.js';
import { countOf, type Range, type Ranges } from '../../../core/dataset/ranges.js';

/** A part is divided further when it has more known outcomes than this, because new ones would make it longer than a page of 1,000. */
const MOST_KNOWN = 800;
/** Two digits name a thousand batches: a whole page. */
const MOST_DIGITS = 2;
/** Three listings in the two seconds of a follower's pass. A function that is woken each minute lists as many in a minute. */
const LISTINGS_A_SECOND = 1.5;
const LEAST_LISTINGS = 3;
const MOST_LISTINGS = 30;
/** One in so many listings goes where most news is expected, the others go to the parts that waited longest. */
const LIKELY_SHARE = 3;
/** In the last tenth of a job each outcome lets an instance go, which costs more than its listing. */
const TAIL_SHARE = 0.1;
const TAIL_LISTINGS = 30;

export interface OutcomePart {
  readonly digits: string;
  /** From the first missing batch to the last. */
  readonly missing: Range;
}

/** The findings of earlier looks, by the part's digits. */
export interface ScanMemory {
  look: number;
  lookedAtMs: number;
  /** The number of parts that were listed in a row without news. */
  quietParts: number;
  readonly parts: Map<string, { readonly look: number; readonly foundPerLook: number }>;
}

export const newScanMemory = (): ScanMemory => ({ look: 0, lookedAtMs: -Infinity, quietParts: 0, parts: new Map() });

/** Returns the parts that have a missing batch, in order. */
export function partsWithMissing(folded: Ranges, batches: number): readonly OutcomePart[] {
  const holes = holesIn(folded, batches);
  const parts: OutcomePart[] = [];
  const visit = (digits: string): void => {
    const width = 10 ** (BATCH_DIGITS - digits.length);
    const first = Number(`0${digits}`) * width;
    const last = Math.min(batches, first + width) - 1;
    const missing = within(holes, first, last);
    const [from, to] = [missing.at(0), missing.at(-1)];
    if (from === undefined || to === undefined) return;
    const known = last - first + 1 - countOf(missing);
    if (known <= MOST_KNOWN || digits.length === MOST_DIGITS) {
      parts.push({ digits, missing: { first: from.first, last: to.last } });
      return;
    }
    for (let digit = 0; digit <= 9; digit++) visit(`${digits}${digit}`);
  };
  visit('');
  return parts;
}

/** `jobs` is the number of jobs that share the listings of the pass, and `missing` the share of this job's batches that is not known to be done. */
export function chooseParts(
  parts: readonly OutcomePart[],
  memory: ScanMemory,
  { missing, jobs, nowMs }: { readonly missing: number; readonly jobs: number; readonly nowMs: number },
): readonly OutcomePart[] {
  const most = Math.max(1, Math.floor(mostListings(parts, memory, { missing, nowMs }) / jobs));
  if (parts.length <= most) return parts;
  const ageOf = ({ digits }: OutcomePart): number => memory.look - (lastSeen(memory, digits)?.look ?? -Infinity);
  const newsOf = (part: OutcomePart): number => ageOf(part) * (1 + (lastSeen(memory, part.digits)?.foundPerLook ?? 0));
  const likely = mostFirst(parts, newsOf).slice(0, Math.ceil(most / LIKELY_SHARE));
  const others = parts.filter((part) => !likely.includes(part));
  return [...likely, ...mostFirst(others, ageOf).slice(0, most - likely.length)];
}

function mostFirst(parts: readonly OutcomePart[], value: (part: OutcomePart) => number): readonly OutcomePart[] {
  const valued = parts.map((part) => ({ part, of: value(part) }));
  return valued.sort((a, b) => (a.of === b.of ? 0 : b.of - a.of)).map(({ part }) => part);
}

function mostListings(
  parts: readonly OutcomePart[],
  memory: ScanMemory,
  { missing, nowMs }: { readonly missing: number; readonly nowMs: number },
): number {
  const elapsedSeconds = Math.max(0, nowMs - memory.lookedAtMs) / 1000;
  const usual = Math.min(MOST_LISTINGS, Math.max(LEAST_LISTINGS, Math.ceil(elapsedSeconds * LISTINGS_A_SECOND)));
  // After a round without news, everything that is done is known, and what is left takes its time.
  const isMoving = memory.quietParts < parts.length;
  return missing <= TAIL_SHARE && isMoving ? Math.max(usual, TAIL_LISTINGS) : usual;
}

/** `news` has the number of new outcomes of each part that was listed. */
export function rememberLook(memory: ScanMemory, news: ReadonlyMap<string, number>, nowMs: number): void {
  memory.look += 1;
  memory.lookedAtMs = nowMs;
  for (const [digits, found] of news) {
    const looks = memory.look - (lastSeen(memory, digits)?.look ?? 0);
    memory.parts.set(digits, { look: memory.look, foundPerLook: found / Math.max(1, looks) });
    memory.quietParts = found > 0 ? 0 : memory.quietParts + 1;
  }
}

/** A part that is new because a larger one was divided has the findings of that one. */
const lastSeen = ({ parts }: ScanMemory, digits: string) => parts.get(digits) ?? parts.get(digits.slice(0, -1));

function holesIn(folded: Ranges, batches: number): Ranges {
  const holes: Range[] = [];
  let next = 0;
  for (const { first, last } of folded) {
    if (first > next) holes.push({ first: next, last: Math.min(first, batches) - 1 });
    next = last + 1;
  }
  if (next < batches) holes.push({ first: next, last: batches - 1 });
  return holes;
}

/** Returns the parts of the ranges that lie between `first` and `last`. */
function within(ranges: Ranges, first: number, last: number): Ranges {
  const found: Range[] = [];
  for (let at = firstEndingAtOrAfter(ranges, first); at < ranges.length; at++) {
    const range = ranges[at] as Range;
    if (range.first > last) break;
    found.push({ first: Math.max(first, range.first), last: Math.min(last, range.last) });
  }
  return found;
}

function firstEndingAtOrAfter(ranges: Ranges, number: number): number {
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ranges[middle] as Range).last < number) low = middle + 1;
    else high = middle;
  }
  return low;
}

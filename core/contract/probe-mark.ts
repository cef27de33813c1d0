/**
 * `jobs/<job>/input/probe.json`: the pace that the submitter's machine measured before the first part of the dataset was sent. It is a first guess, written
 * once (If-None-Match). Whoever continues the submission takes it from there. It is no part of what makes a job another job.
 */
import { count, decode, just, number, object, optional, time, words } from './shape.js';

export interface ProbeMark {
  readonly version: 1;
  readonly items: number;
  /** Milliseconds of one slot for one item; absent when no item was computed in the time of a probe. */
  readonly msPerItem?: number;
  readonly loadMs: number;
  /** The most resident memory of the model's processes that was seen. */
  readonly memoryBytes: number;
  /** The submitter's kind of machine, for people: `linux x64`. */
  readonly machine: string;
  readonly at: string;
}

const MACHINE_CHARACTERS = 256;
const MOST_MS = 366 * 86_400_000;

const mark = object<ProbeMark>({
  version: just(1),
  items: count,
  msPerItem: optional(number(0, MOST_MS)),
  loadMs: number(0, MOST_MS),
  memoryBytes: count,
  machine: words(MACHINE_CHARACTERS),
  at: time,
});

export const encodeProbeMark = (value: ProbeMark): string => `${JSON.stringify(value)}\n`;

export const decodeProbeMark = (json: string | Uint8Array): ProbeMark | undefined => decode(mark, json);

/** The time that the charts of a page show, and its ticks. All charts of a page share one window, so that they can be read one below the other. Pure. */
import type { JobRecord } from '../../../core/record/job-record.js';

export interface TimeWindow {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Instances that drain after the job's end are shown for this share of its time, or for a minute where that is more. */
const SHARE_AFTER_END = 0.1;
const LEAST_AFTER_END_MS = 60_000;
/** A chart without any width cannot be drawn. */
const LEAST_MS = 1_000;

export function timeWindow({ builtAt, what, how, pool }: JobRecord): TimeWindow {
  const fromMs = Date.parse(what.createdAt);
  const endMs = Math.max(Date.parse(how.endedAt ?? builtAt), fromMs + LEAST_MS);
  const lastMs = pool.instances.reduce((last, { endedAt }) => Math.max(last, Date.parse(endedAt ?? '') || 0), endMs);
  const mostMs = endMs + Math.max(LEAST_AFTER_END_MS, (endMs - fromMs) * SHARE_AFTER_END);
  return { fromMs, toMs: how.endedAt === undefined ? endMs : Math.min(lastMs, mostMs) };
}

const STEPS_SECONDS = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 21_600, 43_200, 86_400, 172_800, 604_800,
];

/** The step between two ticks, in seconds, so that at most `most` of them fit. */
export function tickStep(seconds: number, most: number): number {
  const needed = seconds / Math.max(1, most);
  const longest = STEPS_SECONDS.at(-1) ?? needed;
  return STEPS_SECONDS.find((step) => step >= needed) ?? Math.ceil(needed / longest) * longest;
}

/** The seconds since the submit at which a time axis has a tick. */
export function ticks({ fromMs, toMs }: TimeWindow, most: number): readonly number[] {
  const seconds = (toMs - fromMs) / 1000;
  const step = tickStep(seconds, most);
  return Array.from({ length: Math.floor(seconds / step) + 1 }, (_, n) => n * step);
}

/** `0 s`, `90 s` as `1:30`, `2 h` as `2:00 h`: short enough for an axis. */
export function tickText(seconds: number, step: number): string {
  if (seconds === 0) return '0';
  const minutes = Math.floor(seconds / 60);
  if (step < 60) return minutes === 0 ? `${seconds} s` : `${minutes}:${two(seconds % 60)}`;
  if (seconds < 3600) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return minutes % 60 === 0 ? `${hours} h` : `${hours}:${two(minutes % 60)} h`;
}

const two = (value: number): string => String(value).padStart(2, '0');

/** The moment as people read it in a report that may cross time zones: `2026-11-28 08:02:45 UTC`. */
export function utc(at: string | number): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? 'unknown' : `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

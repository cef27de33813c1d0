/**
 * Computes when a one-time schedule fires: `at(yyyy-mm-ddThh:mm:ss)` in a time zone; pure functions.
 * https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#one-time
 */
import { invalid, notSupported } from './errors.js';

const AT = /^at\((\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})\)$/;
const DAY_MS = 86_400_000;

export function fireTimeMs(expression: string, timeZone: string): number {
  if (/^(cron|rate)\(/.test(expression)) {
    throw notSupported(`the recurring schedule ${expression}: only one-time schedules, at(yyyy-mm-ddThh:mm:ss)`);
  }
  const fields = AT.exec(expression)?.slice(1).map(Number);
  if (fields === undefined) throw invalid(`Invalid Schedule Expression ${expression}.`);
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = fields;
  const wallMs = Date.UTC(year, month - 1, day, hour, minute, second);
  const isReal = new Date(wallMs).toISOString().startsWith(expression.slice('at('.length, -1));
  if (!isReal) throw invalid(`Invalid Schedule Expression ${expression}.`);
  return instantOf(wallMs, timeZone);
}

/**
 * A wall time that occurs twice when the clocks go back means its first occurrence. One that is skipped when the
 * clocks go forward is read as if they had not.
 */
function instantOf(wallMs: number, timeZone: string): number {
  const wallAt = wallClock(timeZone);
  const before = wallMs - offsetMs(wallMs - DAY_MS, wallAt);
  const after = wallMs - offsetMs(wallMs + DAY_MS, wallAt);
  const matching = [before, after].filter((atMs) => wallAt(atMs) === wallMs);
  return matching.length === 0 ? before : Math.min(...matching);
}

const offsetMs = (atMs: number, wallAt: (atMs: number) => number): number => wallAt(atMs) - atMs;

/** Returns the time that a wall clock shows, expressed as if it were UTC. */
function wallClock(timeZone: string): (atMs: number) => number {
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      calendar: 'iso8601',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  } catch {
    throw invalid(`Invalid ScheduleExpressionTimezone ${timeZone}.`);
  }
  return (atMs) => {
    const parts = new Map(format.formatToParts(atMs).map(({ type, value }) => [type, Number(value)]));
    const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
    return Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'));
  };
}

/** Writes dates and times as ISO 8601, from the counts of Parquet. JavaScript's own dates have only milliseconds, and end in the year 275,760. */

const MILLIS_PER_DAY = 86_400_000n;
export const NANOS_PER_DAY = MILLIS_PER_DAY * 1_000_000n;

export type TimeUnit = 'MILLIS' | 'MICROS' | 'NANOS';

const DIGITS: Readonly<Record<TimeUnit, number>> = { MILLIS: 3, MICROS: 6, NANOS: 9 };
const PER_DAY: Readonly<Record<TimeUnit, bigint>> = {
  MILLIS: MILLIS_PER_DAY,
  MICROS: MILLIS_PER_DAY * 1_000n,
  NANOS: NANOS_PER_DAY,
};

/** The Gregorian calendar repeats itself after 400 years. */
const CYCLE_YEARS = 400;
const CYCLE_DAYS = 146_097;

/** Writes the date `days` after 1970-01-01. A year before 0 or beyond 9999 has a sign and six digits at least. */
export function dateText(days: number): string {
  const cycle = Math.floor(days / CYCLE_DAYS);
  const date = new Date((days - cycle * CYCLE_DAYS) * Number(MILLIS_PER_DAY));
  const year = date.getUTCFullYear() + cycle * CYCLE_YEARS;
  return `${yearText(year)}-${padded(date.getUTCMonth() + 1, 2)}-${padded(date.getUTCDate(), 2)}`;
}

function yearText(year: number): string {
  if (year >= 0 && year <= 9_999) return padded(year, 4);
  return `${year < 0 ? '-' : '+'}${padded(Math.abs(year), 6)}`;
}

/** Writes a time of day. It has all digits of its unit, so that texts of a column sort as the times do. */
export function timeText(count: bigint, unit: TimeUnit): string {
  const digits = DIGITS[unit];
  const perSecond = 10n ** BigInt(digits);
  const seconds = Number(count / perSecond);
  const fraction = String(count % perSecond).padStart(digits, '0');
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60];
  return `${padded(hours, 2)}:${padded(minutes, 2)}:${padded(seconds % 60, 2)}.${fraction}`;
}

export const isTimeOfDay = (count: bigint, unit: TimeUnit): boolean => count >= 0n && count < PER_DAY[unit];

/** Writes the instant `count` units after 1970-01-01T00:00. */
export function timestampText(count: bigint, unit: TimeUnit): string {
  const perDay = PER_DAY[unit];
  let days = count / perDay;
  let rest = count % perDay;
  if (rest < 0n) {
    days -= 1n;
    rest += perDay;
  }
  return `${dateText(Number(days))}T${timeText(rest, unit)}`;
}

/** Writes Parquet's interval: months, days and milliseconds, each in four bytes. */
export function intervalText(bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const millis = view.getUint32(8, true);
  const seconds = `${Math.floor(millis / 1_000)}.${padded(millis % 1_000, 3)}`;
  return `P${view.getUint32(0, true)}M${view.getUint32(4, true)}DT${seconds}S`;
}

const padded = (number: number, digits: number): string => String(number).padStart(digits, '0');

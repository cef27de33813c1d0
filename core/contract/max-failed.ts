/** `--max-failed`: how many of a job's items may fail. It is exact in whole numbers, so that `0.57%` of 10,000 items are 57. */
import { count, either, type Shape, text, where } from './shape.js';

/** The form of the option and of the manifest: a number of items, or a share of all items of the job. */
export type MaxFailed = number | `${number}%`;

const THOUSANDTHS = 1_000;
const MOST_PERCENT = 100;
const MOST_CHARACTERS = 1_024;

export const MAX_FAILED_FORM = 'a whole number of items, or a percentage from 0% to 100% (at most three decimals)';

export function parseMaxFailed(given: string): MaxFailed | undefined {
  if (/^\d+$/.test(given)) return Number.isSafeInteger(Number(given)) ? Number(given) : undefined;
  const percent = /^(\d{1,3}(?:\.\d{1,3})?)%$/.exec(given)?.[1];
  return percent === undefined || Number(percent) > MOST_PERCENT ? undefined : `${Number(percent)}%`;
}

export const maxFailed: Shape<MaxFailed> = either(
  count,
  where(text(MOST_CHARACTERS) as Shape<`${number}%`>, (value) => parseMaxFailed(value) === value),
);

/** Returns the most items that may fail. */
export function mostFailed(maxFailed: MaxFailed, items: number): number {
  if (typeof maxFailed === 'number') return maxFailed;
  const thousandths = Math.round(Number.parseFloat(maxFailed) * THOUSANDTHS);
  return Math.floor((thousandths * items) / (MOST_PERCENT * THOUSANDTHS));
}

export interface FailedItems {
  readonly items: { readonly total: number; readonly ok: number; readonly failed: number };
  readonly maxFailed?: MaxFailed;
}

/** Without a maximum, too many items failed only when some failed and not one is ok. */
export function tooManyFailed({ items, maxFailed }: FailedItems): boolean {
  if (maxFailed === undefined) return items.ok === 0 && items.failed > 0;
  return items.failed > mostFailed(maxFailed, items.total);
}

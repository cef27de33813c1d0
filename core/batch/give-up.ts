/** Decides after an attempt: the batch is tried again a little later, or given up. A batch that is given up has an outcome like any other. */
import { encodeResultLine, failedLine, ITEM_ERROR_CODES, type ItemError } from '../contract/result-line.js';
import { shorten } from '../shorten.js';

export type AfterAttempt = { readonly kind: 'give-up' } | { readonly kind: 'hand-back'; readonly delaySeconds: number };

/** A batch that failed a moment ago often fails again at once. The delays are 2, 4, 8 … seconds: three attempts take well under a minute. */
const FIRST_DELAY_SECONDS = 2;
const MAX_DELAY_SECONDS = 60;

/** `attempts` includes the one that just failed. */
export function afterAttempt(attempts: number, maxAttempts: number): AfterAttempt {
  if (attempts >= maxAttempts) return { kind: 'give-up' };
  const doubled = FIRST_DELAY_SECONDS * 2 ** Math.min(Math.max(attempts - 1, 0), 10);
  return { kind: 'hand-back', delaySeconds: Math.min(doubled, MAX_DELAY_SECONDS) };
}

export interface GivenUpBatch {
  readonly firstIndex: number;
  readonly items: number;
}

/** The bound of all lines together: an outcome is put from memory, and one string has half a GiB at most. */
const MAX_GIVEN_UP_CHARACTERS = 128 * 1024 * 1024;
const MIN_MESSAGE_LENGTH = 40;

/** Returns the lines of a batch that is given up, with the last error, so that the results say why. */
export function giveUpOutcome(batch: GivenUpBatch, attempts: number, last: ItemError): string {
  const times = attempts === 1 ? '1 attempt' : `${attempts} attempts`;
  const message = `Its batch was given up after ${times}; the last error: ${last.code}: ${last.message}`;
  const most = Math.max(MIN_MESSAGE_LENGTH, Math.floor(MAX_GIVEN_UP_CHARACTERS / batch.items));
  const error = { code: ITEM_ERROR_CODES.batchGivenUp, message: shorten(message, most) };
  const lines: string[] = [];
  for (let n = 0; n < batch.items; n += 1) lines.push(encodeResultLine(failedLine(batch.firstIndex + n, error)));
  return lines.join('');
}

import { errorText } from '../core/error-text.js';

/** The message of a failed act: `Could not poll the queue (connect ECONNREFUSED); retrying`. `next` says what follows. */
export const couldNot = (act: string, error: unknown, next = 'retrying'): string =>
  `Could not ${act} (${errorText(error)})${next === '' ? '' : `; ${next}`}`;

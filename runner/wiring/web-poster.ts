/** The `WebPoster` port on Node's fetch. What fetch says of a failure may hold the address, so only its code is told. */
import { definedFields } from '../../core/defined-fields.js';
import type { Answer } from '../../core/notify/delivery.js';
import { systemCode } from '../errors.js';
import type { WebPoster } from '../ports.js';

/** Standard Webhooks recommends 15 to 30 s. */
const ANSWER_WITHIN_MS = 15_000;
/** A receiver that asks for a longer pause is asked again after this time. */
const LONGEST_ASKED_SECONDS = 86_400;

/** Each completes a sentence that names the receiver. */
const REASONS: Readonly<Record<string, string>> = {
  ENOTFOUND: 'the name of its host is not known',
  EAI_AGAIN: 'the name of its host could not be looked up',
  ECONNREFUSED: 'nothing listens at its port',
  ECONNRESET: 'it closed the connection',
  UND_ERR_SOCKET: 'it closed the connection',
  ETIMEDOUT: 'it could not be reached in time',
  UND_ERR_CONNECT_TIMEOUT: 'it could not be reached in time',
};

export function makeWebPoster(answerWithinMs = ANSWER_WITHIN_MS): WebPoster {
  return {
    post: async ({ url, headers, body }, signal) => {
      const late = AbortSignal.timeout(answerWithinMs);
      try {
        const response = await fetch(url, {
          method: 'POST',
          headers,
          body,
          redirect: 'manual',
          signal: AbortSignal.any([signal, late]),
        });
        // The answer's text may quote the address, and nobody needs it.
        await response.body?.cancel();
        const retryAfterMs = askedMs(response.headers.get('retry-after'));
        return { kind: 'answered', status: response.status, ...definedFields({ retryAfterMs }) };
      } catch (error) {
        signal.throwIfAborted();
        if (late.aborted) return { kind: 'silent', why: `it did not answer within ${answerWithinMs / 1000} s` };
        return silent(error);
      }
    },
  };
}

function silent(error: unknown): Answer {
  const cause: unknown = error instanceof Error ? (error.cause ?? error) : error;
  const code = systemCode(cause);
  if (code === undefined) return { kind: 'silent', why: 'the request failed' };
  return { kind: 'silent', why: REASONS[code] ?? `the request failed (${code})` };
}

/** Only a number of seconds is read. A receiver that names a date instead is tried again after the ordinary pause. */
function askedMs(header: string | null): number | undefined {
  if (header === null || !/^\d+$/.test(header)) return undefined;
  return Math.min(Number(header), LONGEST_ASKED_SECONDS) * 1_000;
}

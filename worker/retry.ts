/**
 * Retries calls until trouble passes: an outage of S3 or of the network is no fault of a batch, a model or an instance.
 */
import { ObjectChanged, ObjectMissing, ObjectRefused } from '../core/contract/object-store.js';
import { type Clock, SecretRefused } from './ports.js';

const LASTING = [ObjectMissing, ObjectChanged, ObjectRefused, SecretRefused] as const;
/** The error codes of the disk that a retry would meet again. */
const DISK_CODES: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EPERM']);

export interface RetryOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** The pauses between tries double from the first to the last. */
  readonly firstPauseMs: number;
  readonly lastPauseMs: number;
  /**
   * Retries without end, with the last pause between tries, until the signal aborts. Otherwise the last error is thrown
   * after the last pause.
   */
  readonly endless?: boolean;
  readonly onTrouble: (error: unknown, pauseMs: number) => void;
}

/** Returns the result of `act`, or throws its last error. Rejects with the signal's reason when it aborts. */
export async function retry<T>(act: () => Promise<T>, options: RetryOptions): Promise<T> {
  const { clock, signal, firstPauseMs, lastPauseMs, endless = false, onTrouble } = options;
  for (let pauseMs = firstPauseMs; ; pauseMs = endless ? Math.min(pauseMs * 2, lastPauseMs) : pauseMs * 2) {
    try {
      return await act();
    } catch (error) {
      signal.throwIfAborted();
      if (isLasting(error) || pauseMs > lastPauseMs) throw error;
      onTrouble(error, pauseMs);
    }
    await clock.sleep(pauseMs, signal);
  }
}

/** Whether a retry would fail the same way: the object is missing, is another one or may not be read, or the disk refuses the data. */
function isLasting(error: unknown): boolean {
  if (LASTING.some((kind) => error instanceof kind)) return true;
  return DISK_CODES.has((error as NodeJS.ErrnoException).code ?? '');
}

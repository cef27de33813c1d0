/** Waiting for trouble to pass: an outage of S3 or of the network is no fault of a batch, a model or an instance. */
import { ObjectMissing, ObjectRefused } from '../core/contract/object-store.js';
import { type Clock, SecretRefused } from './ports.js';

/** The disk's own words for what a second try meets again. */
const DISK_CODES: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EPERM']);

export interface RetryOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Pauses between tries double from the first to the last. */
  readonly firstPauseMs: number;
  readonly lastPauseMs: number;
  /** After the last pause it is tried on and on, as far apart, until the signal aborts. Else the error lasts, then. */
  readonly endless?: boolean;
  readonly onTrouble: (error: unknown, pauseMs: number) => void;
}

/** What `act` comes to, or the error that lasts; rejects with the signal's reason when it aborts. */
export async function retry<T>(act: () => Promise<T>, patience: RetryOptions): Promise<T> {
  const { clock, signal, firstPauseMs, lastPauseMs, endless = false, onTrouble } = patience;
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

/** It is not there, not ours to read, or the disk does not take it: no second try finds another answer. */
function isLasting(error: unknown): boolean {
  if (error instanceof ObjectMissing || error instanceof ObjectRefused || error instanceof SecretRefused) return true;
  return DISK_CODES.has((error as NodeJS.ErrnoException).code ?? '');
}

/** Joins abort signals. The API must not change the limits of a program that it is imported into, so each joined signal has its own. */
import { setMaxListeners } from 'node:events';

/** Many requests run at once under one signal, up to the number of sockets of the clients. So many listeners are no leak. */
export const MOST_LISTENERS = 256;

/** Returns a signal that is aborted as soon as one of these is. */
export function joinSignals(signals: readonly AbortSignal[]): AbortSignal {
  const joined = AbortSignal.any([...signals]);
  setMaxListeners(MOST_LISTENERS, joined);
  return joined;
}

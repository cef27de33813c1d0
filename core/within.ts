/** Bounds the time of one call by a clock that is passed in. */

/** Runs the call with a signal that aborts after `ms`, or with the given one. The timer never outlives the call. */
export async function within<T>(
  clock: { sleep(ms: number, signal: AbortSignal): Promise<void> },
  ms: number,
  signal: AbortSignal | undefined,
  call: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const late = new AbortController();
  const over = new AbortController();
  void clock.sleep(ms, over.signal).then(
    () => late.abort(new DOMException(`The call took longer than ${ms} ms.`, 'TimeoutError')),
    () => undefined,
  );
  try {
    return await call(signal === undefined ? late.signal : AbortSignal.any([signal, late.signal]));
  } finally {
    over.abort();
  }
}

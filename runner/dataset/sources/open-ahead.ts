/** Opens the next sources while one is read, so that the wait for each of many objects in S3 is not added up. */
import { joinSignals } from '../../signals.js';

export interface OpenAhead<In, Out> {
  /** The number of sources that are open at once. */
  readonly most: number;
  readonly open: (one: In, signal: AbortSignal) => Promise<Out>;
  readonly close: (opened: Out) => Promise<void>;
}

/** Yields the opened sources in their order. Those that were opened and not yielded are closed, and the caller closes the others. */
export async function* openedInOrder<In, Out>(
  all: readonly In[],
  { most, open, close }: OpenAhead<In, Out>,
  outer: AbortSignal,
): AsyncGenerator<Out> {
  const aborter = new AbortController();
  const signal = joinSignals([outer, aborter.signal]);
  const pending: Promise<Out>[] = [];
  let next = 0;
  const fill = (): void => {
    while (pending.length < most && next < all.length) {
      const opening = open(all[next] as In, signal);
      // The error is thrown where the source is awaited. Until then nobody handles it.
      opening.catch(() => undefined);
      pending.push(opening);
      next += 1;
    }
  };
  try {
    fill();
    for (let one = pending.shift(); one !== undefined; one = pending.shift()) {
      const opened = await one;
      fill();
      yield opened;
    }
  } finally {
    if (pending.length > 0) aborter.abort();
    for (const one of await Promise.allSettled(pending)) if (one.status === 'fulfilled') await close(one.value);
  }
}

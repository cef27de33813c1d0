/** Works on many inputs at once and yields the results in the order of the inputs. */
import { joinSignals } from '../../signals.js';

/**
 * At most `ahead` works are begun and not yet yielded. When one fails, or the consumer stops, the signal of the others is aborted, and they are waited for:
 * nothing goes on after the generator has ended.
 */
export async function* inOrder<In, Out>(
  inputs: Iterable<In>,
  ahead: number,
  work: (input: In, signal: AbortSignal) => Promise<Out>,
  given: AbortSignal,
): AsyncGenerator<Out> {
  const ending = new AbortController();
  const signal = joinSignals([given, ending.signal]);
  const begun: Promise<Out>[] = [];
  try {
    for (const input of inputs) {
      const doing = work(input, signal);
      // A failure is seen at once, and thrown when its turn comes.
      doing.catch((error: unknown) => ending.abort(error));
      begun.push(doing);
      if (begun.length < ahead) continue;
      yield await result(begun, ending.signal);
      void begun.shift();
    }
    for (; begun.length > 0; void begun.shift()) yield await result(begun, ending.signal);
  } finally {
    ending.abort();
    await Promise.allSettled(begun);
  }
}

/** Throws the first failure of all, and not the abort that it caused in others. */
async function result<Out>([first]: readonly Promise<Out>[], failing: AbortSignal): Promise<Out> {
  try {
    return await (first as Promise<Out>);
  } catch (error) {
    throw failing.aborted ? failing.reason : error;
  }
}

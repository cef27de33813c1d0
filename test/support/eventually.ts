/** Waits for an observable condition, so that tests need no fixed sleeps. */
import { setTimeout as delay } from 'node:timers/promises';

export async function eventually<T>(
  probe: () => T | Promise<T>,
  options: { readonly timeoutMs?: number; readonly everyMs?: number; readonly what?: string } = {},
): Promise<NonNullable<T>> {
  const deadlineMs = Date.now() + (options.timeoutMs ?? 60_000);
  let last: unknown = 'nothing';
  for (;;) {
    try {
      const value = await probe();
      if (value) return value;
      last = value;
    } catch (error) {
      last = error;
    }
    if (Date.now() > deadlineMs) {
      throw new Error(`Waited in vain for ${options.what ?? probe.toString()}; last seen: ${String(last)}`);
    }
    await delay(options.everyMs ?? 20);
  }
}

/** Gets a stack's controller to work on a job whose batches were just sent. */
import type { StackPorts } from '../cli/context.js';
import { messageOf } from '../errors.js';

/** Wakes the controller, so that the first instances start now and not within a minute. A failure costs only that minute. */
export async function wakeController(
  { controller }: StackPorts,
  { signal, warn }: { readonly signal: AbortSignal; readonly warn: (sentence: string) => void },
): Promise<void> {
  try {
    await controller?.wake(signal);
  } catch (error) {
    signal.throwIfAborted();
    warn(
      `The job is enqueued, but the stack's controller could not be woken (${messageOf(error)}). It runs within a minute if its schedule is on.`,
    );
  }
}

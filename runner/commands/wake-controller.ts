/** Gets a stack's controller to work on a job whose batches were just sent. */
import type { StackConfig } from '../../core/contract/stack.js';
import type { CliContext, StackPorts } from '../cli/context.js';
import { messageOf } from '../errors.js';

/** Wakes the controller, so that the first instances start now and not within a minute. A failure costs only that minute. */
export async function wakeController({ terminal, signal }: CliContext, { controller }: StackPorts): Promise<void> {
  try {
    await controller?.wake(signal);
  } catch (error) {
    signal.throwIfAborted();
    terminal.err(
      `The job is enqueued, but the stack's controller could not be woken (${messageOf(error)}). It runs within a minute if its schedule is on.\n`,
    );
  }
}

/** Returns nothing for a stack that has a controller. `where` holds the options that name the same stack again. */
export const uncontrolledText = ({ controlled }: StackConfig, job: string, where: string): string =>
  controlled
    ? ''
    : `This stack has no controller of its own. Its fleet grows and shrinks only while somebody follows the job:\n  spotpool watch ${job}${where}\n`;

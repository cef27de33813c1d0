/** Says what is left undone when a command ends before its job, and how to go on. */
import type { CliContext } from '../../cli/context.js';
import type { StackFlags } from '../../cli/stack-options.js';
import { isNetworkFailure } from '../../errors.js';
import { readJobProgress } from '../../status/job-status.js';
import { LocalCloudLost, type RunStack } from '../run-stack.js';
import { shellWord } from './resume.js';
import { interruptionLines, type CommandProgress } from './interruption.js';

export type { CommandProgress } from './interruption.js';

/** A last look must not hold up who wants to leave. */
const LAST_LOOK_MS = 3_000;

/** After Ctrl-C, or when the stack could not be reached any more; other errors say themselves what is to be done. */
export async function reportInterruption(
  { terminal, signal }: CliContext,
  { ports, own }: Pick<RunStack, 'ports' | 'own'>,
  started: CommandProgress,
  flags: StackFlags,
  error: unknown,
): Promise<void> {
  const isCutOff = isNetworkFailure(error) || error instanceof LocalCloudLost;
  if (!signal.aborted && !isCutOff) return;
  const job = started.job ?? started.begun?.job;
  const progress =
    job === undefined
      ? undefined
      : await readJobProgress(ports.store, job, AbortSignal.timeout(LAST_LOOK_MS)).catch(() => undefined);
  const how = signal.aborted ? 'Stopped' : 'Broken off';
  const controlled = ports.config.controlled ?? false;
  const lines = interruptionLines({ ...started, how, own, controlled, progress, where: stackArguments(flags) });
  terminal.err(`${lines.join('\n')}\n`);
}

/** For the checks before anything is started: a command that is stopped there has nothing to go on with, and says so. */
export async function checkBeforeStart<T>({ terminal, signal }: CliContext, check: () => Promise<T>): Promise<T> {
  try {
    return await check();
  } catch (error) {
    const nothing = { how: 'Stopped', own: false, controlled: false, progress: undefined, where: '' } as const;
    if (signal.aborted) terminal.err(`${interruptionLines(nothing).join('\n')}\n`);
    throw error;
  }
}

/** The options that name the same stack again. */
export function stackArguments({ local, stack }: StackFlags): string {
  if (local) return ' --local';
  return stack === undefined ? '' : ` --stack ${shellWord(stack)}`;
}

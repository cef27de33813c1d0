/** Reports the work that is left when a command ends before its job, and how to go on. */
import type { CliContext } from '../../cli/context.js';
import type { StackFlags } from '../../cli/stack-options.js';
import { definedFields } from '../../../core/defined-fields.js';
import { isNetworkFailure, noteFailure } from '../../errors.js';
import { readJobProgress } from '../../status/job-status.js';
import { LocalCloudLost } from '../own-stack.js';
import type { RunStack } from '../opened-stack.js';
import { stackArguments } from './command-lines.js';
import { interruptionLines, type CommandProgress } from './interruption.js';

export type { CommandProgress } from './interruption.js';

/** The last look at the job must not delay the end of the command. */
const LAST_LOOK_MS = 3_000;

/** Reports after Ctrl-C, and when the stack could no longer be reached. The messages of other errors say what to do. */
export async function reportInterruption(
  { terminal, signal }: CliContext,
  { ports, own, isKept = false }: Pick<RunStack, 'ports' | 'own'> & Partial<Pick<RunStack, 'isKept'>>,
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
  const lines = interruptionLines({ ...started, how, own, isKept, controlled, progress, where: stackArguments(flags) });
  const hint = lines.join('\n');
  noteFailure(error, definedFields({ job, hint }));
  terminal.err(`${hint}\n`);
}

/** Runs the checks before anything is started. A command that is stopped there reports that it began no job. */
export async function checkBeforeStart<T>({ terminal, signal }: CliContext, check: () => Promise<T>): Promise<T> {
  try {
    return await check();
  } catch (error) {
    const nothing = {
      how: 'Stopped',
      own: false,
      isKept: false,
      controlled: false,
      progress: undefined,
      where: '',
    } as const;
    if (signal.aborted) {
      const hint = interruptionLines(nothing).join('\n');
      noteFailure(error, { hint });
      terminal.err(`${hint}\n`);
    }
    throw error;
  }
}

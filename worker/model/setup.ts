/** Runs a model's setup command, once, in the model's own directory and environment. */
import { OUTPUT_END } from '../../core/contract/log-end.js';
import { type CommandEnd, runCommand, type RunCommandOptions } from '../process/run-command.js';

/** Compiling a few wheels takes minutes. A setup that takes longer hangs, while its instance costs money. */
export const SETUP_TIMEOUT_MS = 30 * 60_000;

export interface SetupOptions extends Omit<RunCommandOptions, 'argv'> {
  readonly command: string;
}

/** Returns undefined on success, and otherwise the failure with the end of the output. Rejects when it was aborted. */
export async function runSetup({ command, ...options }: SetupOptions): Promise<string | undefined> {
  const end = await runCommand({ ...options, argv: ['/bin/sh', '-c', command] });
  return end.ok ? undefined : `The setup command failed (${end.how}): ${command}\n${outputOf(end)}`;
}

export const outputOf = ({ lastLines }: CommandEnd): string =>
  lastLines.length === 0 ? 'It printed nothing.' : `${OUTPUT_END}${lastLines.join('\n')}`;

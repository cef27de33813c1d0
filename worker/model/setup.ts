/** Runs a model's setup command, once, in the model's own directory. */
import { OUTPUT_END } from '../../core/contract/last-words.js';
import type { Clock } from '../ports.js';
import { ModelLog } from '../process/model-log.js';
import type { Hide } from '../process/hide-secrets.js';
import { ProcessGroup } from '../process/process-group.js';

/** Compiling a few wheels takes minutes. A setup that takes longer hangs, while its instance costs money. */
export const SETUP_TIMEOUT_MS = 30 * 60_000;

export interface SetupOptions {
  readonly command: string;
  readonly directory: string;
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** Takes the job's secrets out of what the command prints. */
  readonly hide?: Hide;
  readonly onLog: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Returns undefined on success, and otherwise the failure with the end of the output. Rejects when it was aborted. */
export async function runSetup(options: SetupOptions): Promise<string | undefined> {
  const { command, clock, signal } = options;
  signal.throwIfAborted();
  const log = new ModelLog(clock, options.onLog, options.hide);
  const write = (chunk: Buffer): void => {
    log.write(chunk);
  };
  const group = new ProcessGroup({
    argv: ['/bin/sh', '-c', command],
    cwd: options.directory,
    env: options.env,
    onStdout: write,
    onStderr: write,
  });
  group.stdin.end();
  const over = new AbortController();
  const timeout = clock.sleep(options.timeoutMs, AbortSignal.any([signal, over.signal])).then(
    () => true,
    () => false,
  );
  const ended = await Promise.race([group.ended, timeout]);
  over.abort();
  if (typeof ended === 'boolean') await group.stop();
  log.end();
  signal.throwIfAborted();
  if (ended === 'exit code 0') return undefined;
  const how = typeof ended === 'string' ? ended : `not done within ${options.timeoutMs / 1000} s`;
  const output = log.lastLines.length === 0 ? 'It printed nothing.' : `${OUTPUT_END}${log.lastLines.join('\n')}`;
  return `The setup command failed (${how}): ${command}\n${output}`;
}

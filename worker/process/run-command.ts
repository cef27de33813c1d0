/** Runs a command to its end in a process group of its own, with its output as log lines. */
import type { Clock } from '../ports.js';
import { ModelLog } from './model-log.js';
import type { Hide } from './hide-secrets.js';
import { ProcessGroup } from './process-group.js';

export interface RunCommandOptions {
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** Takes the job's secrets out of what the command prints. */
  readonly hide?: Hide;
  readonly onLog: (line: string) => void;
  readonly signal: AbortSignal;
}

export interface CommandEnd {
  readonly ok: boolean;
  /** Says how it ended, for people: "exit code 3". */
  readonly how: string;
  /** The end of its output. */
  readonly lastLines: readonly string[];
}

/** Rejects when it was aborted; then nothing of the command is left. */
export async function runCommand(options: RunCommandOptions): Promise<CommandEnd> {
  const { clock, signal } = options;
  signal.throwIfAborted();
  const log = new ModelLog(clock, options.onLog, options.hide);
  const write = (chunk: Buffer): void => {
    log.write(chunk);
  };
  const group = new ProcessGroup({ ...options, onStdout: write, onStderr: write });
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
  const how = typeof ended === 'string' ? ended : `not done within ${options.timeoutMs / 1000} s`;
  return { ok: ended === 'exit code 0', how, lastLines: log.lastLines };
}

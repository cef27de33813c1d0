/**
 * Ends instances whose owner was killed (SIGKILL). A watchdog process reads from a pipe which processes belong to
 * which instance. The end of that pipe means the end of their owner; the watchdog then ends every process that is
 * left.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { ProcessFamily } from './process-table.js';

export type WatchdogLine =
  | { readonly watch: ProcessFamily }
  | { readonly forget: number }
  /** The directory is removed at the end, after the processes that may write in it. */
  | { readonly removeDirectory: string };

export interface Watchdog {
  watch(family: ProcessFamily): void;
  forget(family: ProcessFamily): void;
  /** Resolves when the watchdog's process has ended. */
  close(): Promise<void>;
}

/** A watchdog that does nothing, for tests that end together with their instances. */
export const noWatchdog: Watchdog = { watch: () => undefined, forget: () => undefined, close: async () => undefined };

export interface WatchdogOptions {
  readonly removeDirectory?: string;
  /** The watchdog's program, for a cloud that is bundled into another program. */
  readonly mainFile?: string;
}

export function startWatchdog(options: WatchdogOptions): Watchdog {
  const mainFile = options.mainFile ?? fileURLToPath(new URL('./watchdog-main.js', import.meta.url));
  // The process leads its own session, because Ctrl-C in the terminal must not end it before the cloud.
  const child = spawn(process.execPath, [mainFile], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  child.stdin.on('error', () => undefined); // The watchdog was killed; the cloud still ends its instances itself.
  const send = (line: WatchdogLine): void => void child.stdin.write(`${JSON.stringify(line)}\n`);
  if (options.removeDirectory !== undefined) send({ removeDirectory: options.removeDirectory });
  return {
    watch: (family) => send({ watch: family }),
    forget: (family) => send({ forget: family.leader }),
    close: async () => {
      child.stdin.end();
      await ended;
    },
  };
}

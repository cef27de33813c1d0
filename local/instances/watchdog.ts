/**
 * If the process that runs instances is killed (SIGKILL), they must not live on. A watchdog process reads from a pipe which
 * processes are whose; the end of that pipe is the end of their owner, and the watchdog then ends whatever is left.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { ProcessFamily } from './process-table.js';

export type WatchdogLine =
  | { readonly watch: ProcessFamily }
  | { readonly forget: number }
  /** Removed at the end, after the processes that may write in it. */
  | { readonly removeDirectory: string };

export interface Watchdog {
  watch(family: ProcessFamily): void;
  forget(family: ProcessFamily): void;
  /** Resolves when the watchdog itself has ended. */
  close(): Promise<void>;
}

/** For tests that live and die with their instances. */
export const noWatchdog: Watchdog = { watch: () => undefined, forget: () => undefined, close: async () => undefined };

export interface WatchdogOptions {
  readonly removeDirectory?: string;
  /** The watchdog's program, where this one is bundled into another. */
  readonly mainFile?: string;
}

export function startWatchdog(options: WatchdogOptions): Watchdog {
  const mainFile = options.mainFile ?? fileURLToPath(new URL('./watchdog-main.js', import.meta.url));
  // A session of its own: Ctrl-C in the terminal must not end it before the cloud.
  const child = spawn(process.execPath, [mainFile], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  child.stdin.on('error', () => undefined); // the watchdog was killed: the cloud still ends its instances itself
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

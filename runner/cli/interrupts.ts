/**
 * Handles Ctrl-C and the other signals that end a command. The first signal lets the command stop its work and clean up. The second ends the process
 * at once; a local cloud of its own then sees its standard input close, and ends as well.
 */
import { OUTPUT_CLOSED_EXIT_CODE } from './exit-codes.js';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Shells report the end by a signal as 128 plus the signal's number. */
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

export class Interrupted extends Error {
  override readonly name = 'Interrupted';
  constructor(
    readonly exitCode: number,
    readonly by: string,
  ) {
    super(`Interrupted by ${by}.`);
  }
}

/** npm and npx pass on a Ctrl-C that the terminal has sent to the whole process group already. A second signal within this time is the same key press. */
const SAME_WITHIN_MS = 400;

export interface Interrupts {
  /** The first signal aborts it with an `Interrupted`. */
  readonly signal: AbortSignal;
  /** Call it when nobody reads the output any more. It has the effect of a first signal. */
  outputClosed(): void;
  dispose(): void;
}

export function listenForInterrupts(say: (text: string) => void): Interrupts {
  const controller = new AbortController();
  let firstAtMs = 0;
  const listeners = SIGNALS.map((name) => {
    const listener = (): void => {
      const nowMs = Date.now();
      if (controller.signal.aborted && nowMs - firstAtMs < SAME_WITHIN_MS) return;
      if (controller.signal.aborted) process.exit(EXIT_CODES[name]);
      firstAtMs = nowMs;
      if (name === 'SIGINT') say('\nStopping. Press Ctrl-C again to force it.\n');
      controller.abort(new Interrupted(EXIT_CODES[name], name));
    };
    process.on(name, listener);
    return [name, listener] as const;
  });
  return {
    signal: controller.signal,
    outputClosed: () => controller.abort(new Interrupted(OUTPUT_CLOSED_EXIT_CODE, 'SIGPIPE')),
    dispose: () => {
      for (const [name, listener] of listeners) process.removeListener(name, listener);
    },
  };
}

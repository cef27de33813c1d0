/**
 * Ctrl-C and its relatives. The first asks: work in hand is broken off and cleaned up. The second forces: the process ends
 * at once (a local cloud of its own then sees its standard input close, and ends as well).
 */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** 128 and the signal's number, as shells have it. */
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
/** What a shell shows of a program that wrote to a closed pipe. */
const OUTPUT_CLOSED_EXIT_CODE = 141;

export class Interrupted extends Error {
  override readonly name = 'Interrupted';
  constructor(
    readonly exitCode: number,
    readonly by: string,
  ) {
    super(`Interrupted by ${by}.`);
  }
}

/** npm and npx pass on a Ctrl-C that the terminal has sent to the whole group already: what comes so soon is the same one. */
const SAME_WITHIN_MS = 400;

export interface Interrupts {
  /** Aborted, with an `Interrupted`, at the first. */
  readonly signal: AbortSignal;
  /** Nobody reads what is printed any more: as good as a first signal. */
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

import type { CliContext } from './context.js';

export interface CommandHost {
  readonly context: CliContext;
  /** A command ends with its exit code. */
  readonly finish: (exitCode: number) => void;
}

/** The stack that `run` or `rerun` works on, once it is open. */
import type { StackPorts } from '../cli/context.js';
import type { JobProgress } from '../controller/report.js';

/** The standing of the job when the command found it. */
export type GoesOn =
  { readonly standing: 'begun' } | { readonly standing: 'unfinished' | 'complete'; readonly progress: JobProgress };

export interface RunStack {
  readonly ports: StackPorts;
  /** True for the command's own local cloud, which ends with the command. */
  readonly own: boolean;
  /** The id of the job in the command's own local cloud. */
  readonly job?: string;
  /** True when the same command goes on with the job if this one is stopped. */
  readonly isKept: boolean;
  /** Sentences about what was found, for people. */
  readonly news: readonly string[];
  /** Present when an earlier command began the job. */
  readonly goesOn?: GoesOn;
  /**
   * Makes the stack outlive the command, because it holds results that could not be written. Resolves with the directory of the local cloud's state
   * when another shell would not look there.
   */
  keep(): Promise<string | undefined>;
  /** It is aborted on Ctrl-C, and when the command's own cloud ends by itself. */
  readonly signal: AbortSignal;
  /** The job has ended and its results are written, so that nothing of it need be kept. */
  over(): void;
  /** `isBegun` is true when something of the job was sent. */
  close(command: { readonly isBegun: boolean }): Promise<void>;
}

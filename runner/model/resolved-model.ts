/** What is asked of `--model`, and what it turned out to be. */
import type { ModelStart } from '../../core/job.js';
import type { Architecture } from '../../core/stack.js';
import type { BundleEntry } from './bundle.js';

export interface ModelRequest {
  /** As given to `--model`. */
  readonly argument: string;
  readonly cwd: string;
  /** `--files`: the directory that a command is shipped with and starts in. */
  readonly files?: string;
  /** `--setup`: run once per instance, in the model's directory. */
  readonly setup?: string;
  /** Of the instances: native files for others are refused. Nothing is looked at when absent. */
  readonly architecture?: Architecture;
  /** The environment's PATH. */
  readonly searchPath: string;
}

export interface ResolvedModel {
  readonly name: string;
  readonly start: ModelStart;
  readonly entries: readonly BundleEntry[];
  /** Paths that could not be shipped: dangling links, sockets and the like. */
  readonly leftOut: readonly string[];
}

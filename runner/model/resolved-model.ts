/** What is asked of `--model`, and what it turned out to be. */
import type { ModelStart } from '../../core/contract/job.js';
import type { Architecture } from '../../core/contract/stack.js';
import type { BundleEntry } from './bundle.js';
import type { Apart, LeftOut } from './shipping/walk.js';

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
  /** `--ship`: paths in the shipped directory that are shipped whatever they look like. */
  readonly ship?: readonly string[];
  /** `--follow-links`: what links to the outside point at is copied. */
  readonly followLinks?: boolean;
  /** Files that are no part of the model, though they may lie in its directory. */
  readonly apart?: readonly Apart[];
}

export interface ResolvedModel {
  readonly name: string;
  readonly start: ModelStart;
  readonly entries: readonly BundleEntry[];
  readonly leftOut: readonly LeftOut[];
}

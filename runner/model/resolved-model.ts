/** The request of a model (`--model` and its options), and the resolved model. */
import type { ModelStart } from '../../core/contract/job.js';
import type { Architecture } from '../../core/contract/stack.js';
import type { PackagesRequest } from '../python/python-packages.js';
import type { BundleEntry } from './bundle.js';
import type { ModuleSourceMap } from './compile-module.js';
import type { ExcludedFile, LeftOut } from './shipping/walk.js';

export interface ModelRequest {
  /** The argument of `--model`, unchanged. */
  readonly argument: string;
  readonly cwd: string;
  /** `--files`: the directory that is shipped with a command, and in which the command starts; or what is shipped with a Python file. */
  readonly files?: readonly string[];
  /** `--per-line`: the command is a filter, which reads a line for each item and prints a line for each. */
  readonly perLine?: boolean;
  /** `--setup`: a shell command that runs once per instance in the model's directory. */
  readonly setup?: string;
  /** The instances' architecture. Native files for other architectures are refused; when it is absent they are not examined. */
  readonly architecture?: Architecture;
  /** The PATH variable of the environment. */
  readonly searchPath: string;
  /** `--ship`: paths in the shipped directory that are always shipped, also if they look like secrets or are ignored. */
  readonly ship?: readonly string[];
  /** `--follow-links`: the targets of links that lead out of the directory are copied. */
  readonly followLinks?: boolean;
  /** `--requirements`: the file that names the Python packages of the model. When absent, the one beside a Python file counts. */
  readonly requirements?: string;
  /** How Python packages are locked. When absent, the model's packages are not looked at. */
  readonly packages?: PackagesRequest;
  /** Files that are not part of the model, although they may be in its directory. */
  readonly excluded?: readonly ExcludedFile[];
}

export interface ResolvedModel {
  readonly name: string;
  readonly start: ModelStart;
  readonly entries: readonly BundleEntry[];
  readonly leftOut: readonly LeftOut[];
  /** Present when a module was compiled. */
  readonly sourceMap?: ModuleSourceMap;
  /** Present for a Python file. */
  readonly python?: PythonModelFacts;
}

export interface PythonModelFacts {
  /** The folder of the file, beside which its requirements are looked for. */
  readonly folder: string;
  /** The top-level modules that it imports and that are not beside it, with the place of the first import. */
  readonly imports: readonly { readonly name: string; readonly file: string; readonly line: number }[];
}

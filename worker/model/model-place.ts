/**
 * The folders of a model on this instance, all below the work directory: never the machine's own (its home, its
 * temporary folder, its Python).
 */
import { createHash } from 'node:crypto';
import { mkdir, stat } from 'node:fs/promises';
import path from 'node:path';
import type { ModelSpec } from '../../core/contract/job.js';
import { WEIGHTS_VARIABLE } from '../../core/contract/weights.js';
import { definedFields } from '../../core/defined-fields.js';
import { DEFAULT_PATH } from '../process/child-environment.js';

export interface ModelPlace {
  readonly root: string;
  /** The bundle's files; models and setup run here. */
  readonly directory: string;
  /** The virtual environment, where the bundle locks packages. */
  readonly environment: string;
  readonly home: string;
  readonly temporary: string;
  /** The folder of the model's weights, which all models with the same weights share. */
  readonly weights?: string;
  /** This file exists once every step has succeeded. */
  readonly ready: string;
}

/**
 * Sockets lie in temporary folders, and the path of a socket has at most 107 characters. Python's `multiprocessing`
 * needs 31 of them. So all names here are short.
 */
const NAME_CHARACTERS = 8;

/** Models that differ in their bundle, their setup or their weights never share a folder. */
export function placeOf(workDirectory: string, { digest, setup = '', weights }: ModelSpec): ModelPlace {
  const identity = createHash('sha256')
    .update(JSON.stringify([digest, setup, weights?.digest]))
    .digest('hex');
  const root = path.resolve(workDirectory, 'm', identity.slice(0, NAME_CHARACTERS));
  return {
    root,
    directory: path.join(root, 'model'),
    environment: path.join(root, 'env'),
    home: path.join(root, 'home'),
    temporary: path.join(root, 't'),
    // The whole identity is in this name, so that a model never takes the folder of another one with the same short name for its own.
    ready: path.join(root, `ready-${identity}`),
    ...(weights === undefined ? {} : { weights: path.resolve(workDirectory, 'weights', weights.digest) }),
  };
}

export async function makeFolders({ home, temporary }: ModelPlace): Promise<void> {
  for (const folder of [home, temporary]) await mkdir(folder, { recursive: true });
}

const interpreterOf = ({ environment }: ModelPlace): string => path.join(environment, 'bin', 'python');

/** Returns the interpreter of the model's virtual environment, or undefined when the model has none. */
export async function ownPython(place: ModelPlace): Promise<string | undefined> {
  const interpreter = interpreterOf(place);
  return (await exists(interpreter)) ? interpreter : undefined;
}

/**
 * The variables that lead to these folders; programs and libraries keep their files by them. With a virtual environment
 * they are also those that its activation sets, so that `python3` is the environment's.
 */
export async function variablesOf(
  place: ModelPlace,
  workerEnv: Readonly<Record<string, string | undefined>> = process.env,
): Promise<Readonly<Record<string, string>>> {
  const { home, temporary, environment, weights } = place;
  const caches = path.join(home, '.cache');
  const activated = {
    VIRTUAL_ENV: environment,
    PATH: `${path.join(environment, 'bin')}${path.delimiter}${workerEnv['PATH'] ?? DEFAULT_PATH}`,
  };
  return {
    HOME: home,
    TMPDIR: temporary,
    XDG_CACHE_HOME: caches,
    HF_HOME: path.join(caches, 'huggingface'),
    TORCH_HOME: path.join(caches, 'torch'),
    PIP_CACHE_DIR: path.join(caches, 'pip'),
    UV_CACHE_DIR: path.join(caches, 'uv'),
    MPLCONFIGDIR: path.join(caches, 'matplotlib'),
    ...definedFields({ [WEIGHTS_VARIABLE]: weights }),
    ...((await ownPython(place)) === undefined ? {} : activated),
  };
}

export async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}

/** Finds what the worker brings for models with Python: our host, and the helper `spotpool_model`. */
import { existsSync } from 'node:fs';
import path from 'node:path';

/**
 * Returns the folder with both. It is beside the worker's bundle on an instance, and in the root of a checkout or of the
 * npm package, where the bundle is in `dist/bundle`.
 */
export function pythonFolderBeside(hostPath: string): string {
  const bundle = path.dirname(hostPath);
  const beside = path.join(bundle, 'python');
  return existsSync(beside) ? beside : path.join(bundle, '..', '..', 'python');
}

export const pythonHostIn = (pythonFolder: string): string => path.join(pythonFolder, 'spotpool_host');

/** Puts our folder behind what the job itself sets, so that a model may bring modules with the same names. */
export const pythonPath = (pythonFolder: string, ofJob: string | undefined): string =>
  ofJob === undefined || ofJob === '' ? pythonFolder : `${ofJob}${path.delimiter}${pythonFolder}`;

/**
 * Unpacks a model's bundle: its files are the worker's own, with no more rights than those of a program. Whoever packed it may have been another user, and
 * a bit that gives its owner's rights to whoever runs a file is never needed. Links that lead out of the directory are refused (`strict`).
 */
import { extract, type ReadEntry } from 'tar';

/** Without set-user-id, set-group-id and sticky. */
const PERMISSIONS = 0o777;

export async function unpackBundle(file: string, directory: string): Promise<void> {
  await extract({
    file,
    cwd: directory,
    strict: true,
    // Or else, where the worker is root (on a laptop, in a container), files belong to whoever packed them.
    preserveOwner: false,
    filter: (_, entry) => {
      const { mode } = entry as ReadEntry;
      if (mode !== undefined) (entry as ReadEntry).mode = mode & PERMISSIONS;
      return true;
    },
  });
}

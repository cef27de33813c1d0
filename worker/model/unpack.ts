/**
 * Unpacks a model's bundle. Its files belong to the worker's user, with the permissions of ordinary programs. Another
 * user may have packed it, and a set-user-id bit is never needed. Links that lead out of the directory are refused
 * (`strict`).
 */
import { extract, type ReadEntry } from 'tar';

/** The permission bits without set-user-id, set-group-id and sticky. */
const PERMISSIONS = 0o777;

export async function unpackBundle(file: string, directory: string): Promise<void> {
  await extract({
    file,
    cwd: directory,
    strict: true,
    // Otherwise, where the worker is root (on a laptop, in a container), files would belong to the user who packed
    // them.
    preserveOwner: false,
    filter: (_, entry) => {
      const { mode } = entry as ReadEntry;
      if (mode !== undefined) (entry as ReadEntry).mode = mode & PERMISSIONS;
      return true;
    },
  });
}

/** The shipped files of a directory: all that nothing speaks against (shipping/walk.ts), in the order of their paths. */
import { lstat, realpath } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../errors.js';
import type { BundleEntry } from './bundle.js';
import type { ModelRequest } from './resolved-model.js';
import { IgnoreRules } from './shipping/ignore-rules.js';
import { refusal } from './shipping/refusal.js';
import { type LeftOut, walk } from './shipping/walk.js';

export interface DirectoryContents {
  readonly entries: readonly BundleEntry[];
  readonly leftOut: readonly LeftOut[];
}

/** `named`: paths in the directory that the model was given by; git's ignore files never hide them. */
export async function directoryEntries(
  directory: string,
  request: ModelRequest,
  named: readonly string[],
): Promise<DirectoryContents> {
  const root = await realpath(directory);
  const { ship = [], followLinks = false, apart = [] } = request;
  const asked = new Set(await Promise.all(ship.map((given) => placeIn(root, given, request.cwd))));
  const rules = await IgnoreRules.of(root, named);
  const { entries, leftOut, secrets, outward } = await walk(root, { rules, ship: asked, followLinks, apart });
  if (secrets.length + outward.length > 0) {
    throw new UserError(refusal({ model: request.argument, secrets, outward }));
  }
  return { entries, leftOut };
}

/** The path as it is shown to the user, relative to the directory; or as a shell completes it, relative to where the user is. */
async function placeIn(root: string, given: string, cwd: string): Promise<string> {
  for (const base of [root, await realpath(cwd)]) {
    const file = path.resolve(base, given);
    // The folder's real path, not the file's: a link is named by itself.
    const folder = await realpath(path.dirname(file)).catch(() => undefined);
    if (folder === undefined || !(await isThere(file))) continue;
    const place = path.relative(root, path.join(folder, path.basename(file)));
    if (place !== '' && place !== '..' && !place.startsWith(`..${path.sep}`)) return place.split(path.sep).join('/');
  }
  throw new UserError(`--ship ${given}: there is nothing of that name in the directory that is shipped (${root}).`);
}

const isThere = (file: string): Promise<boolean> =>
  lstat(file).then(
    () => true,
    () => false,
  );

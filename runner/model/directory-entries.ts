/** Lists the files of a directory that are shipped. shipping/walk.ts decides which ones. */
import { lstat, realpath } from 'node:fs/promises';
import path from 'node:path';
import { definedFields } from '../../core/defined-fields.js';
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

/**
 * `named` holds the paths by which the model was given. Git's ignore files never exclude them. With `only`, these paths and those of `--ship` are
 * shipped, and nothing else of the directory.
 */
export async function directoryEntries(
  directory: string,
  request: ModelRequest,
  named: readonly string[],
  only?: ReadonlySet<string>,
): Promise<DirectoryContents> {
  const root = await realpath(directory);
  const { ship = [], followLinks = false, excluded = [] } = request;
  const asked = new Set(await Promise.all(ship.map((given) => placeIn(root, given, request.cwd))));
  const rules = await IgnoreRules.of(root, named);
  const options = { rules, ship: asked, followLinks, excluded, ...definedFields({ only }) };
  const { entries, leftOut, secrets, outward } = await walk(root, options);
  if (secrets.length + outward.length > 0) {
    throw new UserError(refusal({ model: request.argument, secrets, outward }));
  }
  return { entries, leftOut };
}

/** Finds a `--ship` path. It may be relative to the shipped directory, as messages show it, or to the current directory, as a shell completes it. */
async function placeIn(root: string, given: string, cwd: string): Promise<string> {
  for (const base of [root, await realpath(cwd)]) {
    const file = path.resolve(base, given);
    // Only the folder's links are resolved, because `--ship` may name a link itself.
    const folder = await realpath(path.dirname(file)).catch(() => undefined);
    if (folder === undefined || !(await isThere(file))) continue;
    const place = path.relative(root, path.join(folder, path.basename(file)));
    if (place !== '' && place !== '..' && !place.startsWith(`..${path.sep}`)) return place.split(path.sep).join('/');
  }
  throw new UserError(`--ship ${given}: the shipped directory ${root} has no such file or directory.`);
}

const isThere = (file: string): Promise<boolean> =>
  lstat(file).then(
    () => true,
    () => false,
  );

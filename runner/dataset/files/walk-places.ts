/**
 * Finds the items of several folders, globs and single files. An item's name is its path in the folder that the argument names, so a glob has the same items
 * whether the shell expands it or spotpool does. Two items never have the same name, because results are told apart by it.
 */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { oneLine } from '../../display/format.js';
import { UserError } from '../../errors.js';
import { definedFields } from '../../../core/defined-fields.js';
import { cannotRead } from '../sources/local-source.js';
import { compareBytes } from '../sources/names.js';
import { type FolderFile, type LeftOutKind, type OnlySome, walkFolder, type WalkedFolder } from './folder-walk.js';

/** A place where items are: one argument of the dataset. `name` is the argument, for messages. */
export type FilesPlace =
  | { readonly kind: 'folder'; readonly name: string; readonly folder: string; readonly only?: OnlySome }
  /** `file` is the absolute path. */
  | { readonly kind: 'file'; readonly name: string; readonly file: string };

export interface PlacesRequest {
  readonly places: readonly FilesPlace[];
  /** True when links that lead out of a folder are followed. */
  readonly followLinks: boolean;
  /** Absolute paths that are no items, because the command writes them. */
  readonly outputs: readonly string[];
}

export const isOneFolder = ([first, another]: readonly FilesPlace[]): boolean =>
  first?.kind === 'folder' && first.only === undefined && another === undefined;

export async function walkPlaces(request: PlacesRequest, signal: AbortSignal): Promise<WalkedFolder> {
  const walked: WalkedFolder[] = [];
  for (const place of request.places) walked.push(await walkPlace(place, request, signal));
  const [first, another] = walked;
  if (first !== undefined && another === undefined) return first;
  const files = walked.flatMap((one) => one.files).sort((a, b) => compareBytes(a.name, b.name));
  refuseTwice(files);
  return { files, leftOut: sumOf(walked) };
}

async function walkPlace(
  place: FilesPlace,
  { followLinks, outputs }: PlacesRequest,
  signal: AbortSignal,
): Promise<WalkedFolder> {
  const { name } = place;
  if (place.kind === 'folder') {
    const { folder, only } = place;
    return walkFolder({ name, folder, followLinks, outputs, ...definedFields({ only }) }, signal);
  }
  const { size } = await stat(place.file).catch((error: unknown) => cannotRead(name, error));
  const file = { root: path.dirname(place.file), name: path.basename(place.file), bytes: size };
  return { files: [file], leftOut: new Map() };
}

function refuseTwice(files: readonly FolderFile[]): void {
  const seen = new Set<string>();
  for (const [n, file] of files.entries()) {
    const at = path.join(file.root, file.name);
    if (seen.has(at)) {
      throw new UserError(`The file ${oneLine(at)} is given twice, so it would be computed twice. Give it once.`);
    }
    seen.add(at);
    const before = files[n - 1];
    if (before?.name !== file.name) continue;
    throw new UserError(
      `Two files of the dataset have the name ${oneLine(file.name)}: ${oneLine(path.join(before.root, before.name))} and ${oneLine(at)}. ` +
        'The name of an item is its path in the folder that the argument names. Give the folder above both, or submit them as two jobs.',
    );
  }
}

function sumOf(walked: readonly WalkedFolder[]): ReadonlyMap<LeftOutKind, number> {
  const sum = new Map<LeftOutKind, number>();
  for (const { leftOut } of walked) {
    for (const [kind, count] of leftOut) sum.set(kind, (sum.get(kind) ?? 0) + count);
  }
  return sum;
}

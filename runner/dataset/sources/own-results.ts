/**
 * Recognises results of earlier jobs that lie beside the data, as in a lake. They are no data of the next job: each run would otherwise read the results of the
 * run before. A file is a result only when what spotpool wrote beside it can be read.
 */
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { mapBounded } from '../../../core/map-bounded.js';
import {
  CLAIM_FILE,
  decodeClaim,
  isPartName,
  MANIFEST_FILE,
  MOST_MANIFEST_BYTES,
} from '../../results/parts/parts-manifest.js';
import { isMeta, metaFileOf } from '../../results/results-meta.js';

const META_ENDING = metaFileOf('');
/** The files are written with some hundred bytes. Larger ones are not ours. */
const MOST_BYTES = 64 * 1024;
/** People may have a file with this ending for each of their files. */
const READ_AT_ONCE = 32;

/** `names` are all files of the folder. Returns those that are results, or stand beside results. */
export async function ownResults(folder: string, names: readonly string[]): Promise<ReadonlySet<string>> {
  const metas = names.filter((name) => name.endsWith(META_ENDING));
  const found = await mapBounded(metas, READ_AT_ONCE, async (name) => {
    const text = await smallFile(path.join(folder, name));
    return text !== undefined && isMeta(text.toString()) ? [name, dataOfMeta(name)] : [];
  });
  const claim = names.includes(CLAIM_FILE) ? await smallFile(path.join(folder, CLAIM_FILE)) : undefined;
  const parts = claim !== undefined && decodeClaim(claim) !== undefined ? names.filter(isPartName) : [];
  return new Set([...found.flat(), ...parts]);
}

/** Returns what stands beside the parts, too. It is no item either where each file is one. */
export async function ownFiles(folder: string, names: readonly string[]): Promise<ReadonlySet<string>> {
  const results = await ownResults(folder, names);
  return names.some((name) => isPartName(name) && results.has(name))
    ? new Set([...results, CLAIM_FILE, MANIFEST_FILE])
    : results;
}

/** True when the file is results, or what spotpool writes beside them. */
export async function isOwnResult(file: string): Promise<boolean> {
  const name = path.basename(file);
  const meta = name.endsWith(META_ENDING) ? name : metaFileOf(name);
  return (await ownResults(path.dirname(file), [name, meta])).has(name);
}

export const isMetaName = (name: string): boolean => name.endsWith(META_ENDING);

const dataOfMeta = (name: string): string => name.slice(0, -META_ENDING.length);

/** Undefined when there is no such file, or it is too large. */
async function smallFile(file: string, mostBytes = MOST_BYTES): Promise<Buffer | undefined> {
  const found = await stat(file).catch(() => undefined);
  if (found?.isFile() !== true || found.size > mostBytes) return undefined;
  return readFile(file).catch(() => undefined);
}

export const readManifestFile = (file: string): Promise<Buffer | undefined> => smallFile(file, MOST_MANIFEST_BYTES);

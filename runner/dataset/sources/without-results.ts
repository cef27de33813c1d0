/**
 * Leaves results of earlier jobs out of a dataset that has other files. A dataset of results alone is what a second stage reads, so then they are data. This holds for
 * all arguments together, because a shell may have made them of a glob.
 */
import path from 'node:path';
import { plural } from '../../display/format.js';
import { isMetaName, isOwnResult } from './own-results.js';
import type { Part } from './parts.js';

export interface DataParts {
  readonly parts: readonly Part[];
  /** The results that are left out: arguments, and files of folders and globs. */
  readonly leftOut: { readonly named: readonly string[]; readonly found: readonly string[] };
}

export async function withoutResults(parts: readonly Part[]): Promise<DataParts> {
  const own = new Set<Part>();
  for (const part of parts) {
    if (part.kind === 'one' && parts.length > 1 && part.source.file !== undefined) {
      if (await isOwnResult(part.source.file)) own.add(part);
    }
  }
  const others = parts.filter((part) => !own.has(part));
  const hasData = others.some((part) => part.kind !== 'files' || part.sources.length > 0);
  if (!hasData) {
    const results = parts.filter((part) => part.kind !== 'one' || !isMetaName(part.source.name)).map(asData);
    return { parts: results, leftOut: { named: [], found: [] } };
  }
  const named = [...own].flatMap((part) => (part.kind === 'one' ? [part.source.name] : []));
  const found = others.flatMap((part) => (part.kind === 'files' ? part.results.map((source) => source.name) : []));
  return { parts: others, leftOut: { named, found } };
}

function asData(part: Part): Part {
  if (part.kind !== 'files' || part.sources.length > 0) return part;
  return { ...part, sources: part.results.filter((source) => !isMetaName(source.name)), results: [] };
}

export function resultsNotice(dataset: string, names: readonly string[]): readonly string[] {
  const [first, ...more] = names.filter((name) => !isMetaName(name));
  if (first === undefined) return [];
  const all = more.length === 0 ? `${first} has` : `${first} and ${plural(more.length, 'other file')} have`;
  return [
    `${all} results of earlier jobs, and ${more.length === 0 ? 'is' : 'are'} left out of the dataset ${dataset}. To read results as data, give them without other files.`,
  ];
}

/** A line for results that are written among the data. */
export function outputNotice(parts: readonly Part[], [out]: readonly string[] = []): readonly string[] {
  if (out === undefined) return [];
  for (const part of parts) {
    if (part.kind !== 'files' || part.place.kind !== 'folder') continue;
    const { folder, only } = part.place;
    const inside = path.relative(folder, out);
    if (inside === '' || inside.startsWith('..') || path.isAbsolute(inside)) continue;
    if (only?.wanted(inside.split(path.sep).join('/')) === false) continue;
    return [
      `The results will be among the files of the dataset ${part.argument} (${inside}). Later jobs of spotpool leave them out; other programs may take them for data. To avoid that, name another place with --out.`,
    ];
  }
  return [];
}

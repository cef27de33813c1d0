/** Finds the files of weights on this machine, by the rules for shipped files. Git's ignore files do not count, because weights are seldom in git. */
import { realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { weightsPath } from '../../core/contract/weights.js';
import { check } from '../../core/contract/shape.js';
import { messageOf, systemCode, UserError } from '../errors.js';
import type { BundleEntry } from '../model/bundle.js';
import { IgnoreRules } from '../model/shipping/ignore-rules.js';
import { type LeftOut, walk, type Walked } from '../model/shipping/walk.js';
import type { LocalFile, WeightsRequest } from './weights-files.js';

/** The folder in which Hugging Face's tools note what they have downloaded. It changes although the weights stay the same. */
const DOWNLOAD_NOTES = /^(?:.*\/)?\.cache\/huggingface\//;
/** A longer list would add nothing. */
const SHOWN = 8;

export async function localFiles(
  request: WeightsRequest,
): Promise<{ readonly files: readonly LocalFile[]; readonly leftOut: readonly LeftOut[] }> {
  const { argument, cwd } = request;
  const place = path.resolve(cwd, argument);
  const found = await stat(place).catch((error: unknown) => {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) {
      throw new UserError(
        `The weights ${argument} do not exist (${place}). Give a file, a folder, or s3://bucket/prefix/.`,
      );
    }
    throw unreadable(argument, error);
  });
  if (found.isFile()) {
    return { files: [{ path: path.basename(place), file: place, bytes: found.size }], leftOut: [] };
  }
  if (!found.isDirectory()) throw new UserError(`The weights ${argument} are neither a file nor a folder.`);
  const root = await realpath(place);
  const walked = await walkOf(root, request).catch((error: unknown) => {
    throw systemCode(error) === undefined ? error : unreadable(argument, error);
  });
  if (walked.secrets.length + walked.outward.length > 0) throw new UserError(refusalOf(argument, walked));
  const { entries, leftOut } = withoutNotes(walked);
  const files = await Promise.all(filesOf(entries).map((entry) => localFile(root, entry, argument)));
  if (files.length === 0) throw new UserError(`The weights ${argument} have no files${leftOutOf(leftOut)}.`);
  return { files: files.toSorted((a, b) => (a.path < b.path ? -1 : 1)), leftOut };
}

async function walkOf(root: string, { followLinks }: WeightsRequest): Promise<Walked> {
  const rules = await IgnoreRules.of(root, [], { git: false });
  return walk(root, { rules, ship: new Set(), followLinks, excluded: [] });
}

function withoutNotes({ entries, leftOut }: Walked): Pick<Walked, 'entries' | 'leftOut'> {
  const kept = entries.filter((entry) => !DOWNLOAD_NOTES.test(entry.path));
  const why = "the notes of Hugging Face's downloads";
  return {
    entries: kept,
    leftOut: kept.length === entries.length ? leftOut : [...leftOut, { path: '.cache/huggingface/', why }],
  };
}

const filesOf = (entries: readonly BundleEntry[]): readonly BundleEntry[] =>
  entries.filter(({ kind }) => kind !== 'directory');

async function localFile(root: string, entry: BundleEntry, argument: string): Promise<LocalFile> {
  if (check(weightsPath, entry.path) === undefined) {
    throw new UserError(`The weights ${argument} have a file whose path is too long: ${entry.path}`);
  }
  // A copy of the target takes a link's place, because a list of weights has no links. The instance keeps equal files once.
  const file =
    entry.kind === 'file' && !Buffer.isBuffer(entry.content) ? entry.content.file : path.join(root, entry.path);
  const { size, isDirectory } = await stat(file).then((found) => ({
    size: found.size,
    isDirectory: found.isDirectory(),
  }));
  if (isDirectory) {
    throw new UserError(
      `The weights ${argument} have a link to a folder of theirs: ${entry.path}. Remove it, or add it to .spotpoolignore in the folder.`,
    );
  }
  return { path: entry.path, file, bytes: size };
}

const unreadable = (argument: string, error: unknown): UserError =>
  new UserError(`Cannot read the weights ${argument}: ${messageOf(error)}.`);

const leftOutOf = (leftOut: readonly LeftOut[]): string =>
  leftOut.length === 0
    ? ''
    : ` (left out: ${leftOut
        .slice(0, SHOWN)
        .map(({ path: place, why }) => `${place}: ${why}`)
        .join('; ')})`;

function refusalOf(argument: string, { secrets, outward }: Walked): string {
  const lines: string[] = [];
  if (secrets.length > 0) {
    lines.push(
      `The weights ${argument} contain files that look like secrets. Weights are copied to the bucket and to every instance:`,
      ...secrets.slice(0, SHOWN).map(({ path: place, what }) => `  ${place} (${what})`),
      'Move them to another folder, or add them to .spotpoolignore in the folder of the weights.',
    );
  }
  if (outward.length > 0) {
    lines.push(
      `The weights ${argument} contain links that lead out of their folder. Their targets are copied only on request:`,
      ...outward.slice(0, SHOWN).map(({ path: place, target }) => `  ${place} -> ${target}`),
      'To copy the targets: --follow-links. To exclude the links, add them to .spotpoolignore in the folder of the weights.',
    );
  }
  return lines.join('\n');
}

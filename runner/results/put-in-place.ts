/**
 * Puts a written file of results in its place.
 *
 * Invariants, whenever the process may be killed:
 * - The place holds the earlier file or the new one, whole.
 * - Earlier results of another job are kept beside it before the place is taken: `<name>.<job>.<extension>`, with their meta.
 * - Nothing that spotpool did not write, or that was changed since, is replaced unless `force` says so.
 */
import { randomBytes } from 'node:crypto';
import { link, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { systemCode, UserError } from '../errors.js';
import {
  encodeMeta,
  isSameJob,
  type JobIdentity,
  metaFileOf,
  type ResultsMeta,
  sizeAndTime,
  type Standing,
  standingOf,
} from './results-meta.js';

export interface NewFile {
  readonly temporary: string;
  readonly target: string;
  readonly identity: JobIdentity;
  /** Hex, of what was written. */
  readonly sha256: string;
  readonly force: boolean;
}

/** Names of its own for results of the same job id that were kept before. */
const MOST_KEPT_OF_A_JOB = 1_000;

/** Resolves with where earlier results of another job were moved, if there were any. */
export async function putInPlace({ temporary, target, identity, sha256, force }: NewFile): Promise<string | undefined> {
  const standing = await standingOf(target);
  if (!force) refuseForeign(standing);
  const movedTo =
    standing.kind === 'ours' && !isSameJob(standing.meta, identity) ? await keep(target, standing.meta) : undefined;
  const written = await sizeAndTime(temporary);
  await rename(temporary, target);
  await writeWhole(metaFileOf(target), encodeMeta({ ...identity, ...written, sha256 }));
  return movedTo;
}

export function refuseForeign(standing: Standing): void {
  if (standing.kind !== 'foreign') return;
  throw new UserError(
    `${standing.file} ${standing.why}. Move it away, name another file with --out, or replace it with --force.`,
  );
}

async function keep(target: string, meta: ResultsMeta): Promise<string> {
  for (let number = 1; number <= MOST_KEPT_OF_A_JOB; number += 1) {
    const place = keptName(target, meta.job, number);
    const standing = await standingOf(place);
    const replaces = standing.kind === 'ours' && isSameJob(standing.meta, meta);
    if (standing.kind !== 'free' && !replaces) continue;
    if (!(await linkOrRename(target, place, replaces))) continue;
    await writeWhole(metaFileOf(place), encodeMeta(meta));
    return place;
  }
  throw new UserError(`There are too many results of job ${meta.job} beside ${target}: move them away.`);
}

/** `herg.jsonl` and job `a` become `herg.a.jsonl`. */
export function keptName(target: string, job: string, number: number): string {
  const { dir, name, ext } = path.parse(target);
  return path.join(dir, `${name}.${job}${number === 1 ? '' : `.${number}`}${ext}`);
}

/** False when somebody else took the name meanwhile. */
async function linkOrRename(target: string, place: string, replaces: boolean): Promise<boolean> {
  const made = replaces ? besides(place) : place;
  try {
    await link(target, made);
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    // A file system without hard links: for a moment the place is empty, and nothing is lost all the same.
    await rename(target, place);
    return true;
  }
  if (replaces) await rename(made, place);
  // Between two names of one file a rename does nothing.
  if (replaces) await rm(made, { force: true });
  return true;
}

/** It appears whole, or not at all. */
async function writeWhole(file: string, text: string): Promise<void> {
  const temporary = besides(file);
  try {
    await writeFile(temporary, text, { flag: 'wx' });
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
}

/** A new name in the same folder, for what is not whole yet. */
export const besides = (file: string): string => `${file}.${randomBytes(4).toString('hex')}.partial`;

/**
 * Moves a finished results file to its target.
 *
 * Invariants, even if the process is killed at any moment:
 * - The target is either the earlier file or the new one, and whole.
 * - Earlier results of another job are first kept beside it as `<name>.<job>.<extension>`, with their meta file.
 * - A file that spotpool did not write, or that was changed since, is replaced only with `force`.
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
  metaOfFacts,
  type ResultsMeta,
  sizeAndTime,
  type TargetState,
  targetStateOf,
} from './results-meta.js';
import type { OutputFacts } from './row-sink.js';

export interface NewFile {
  readonly temporary: string;
  readonly target: string;
  readonly identity: JobIdentity;
  readonly facts: OutputFacts;
  /** SHA-256 (hex) of the written bytes. */
  readonly sha256: string;
  readonly force: boolean;
}

/** The most kept files for one job id. Ids can be reused, so one id may have several. */
const MOST_KEPT_OF_A_JOB = 1_000;

/** Resolves with the path to which earlier results of another job were moved, if there were any. */
export async function putInPlace({
  temporary,
  target,
  identity,
  facts,
  sha256,
  force,
}: NewFile): Promise<string | undefined> {
  const state = await targetStateOf(target);
  if (!force) refuseForeign(state);
  const movedTo =
    state.kind === 'ours' && !isSameJob(state.meta, identity) ? await keepEarlier(target, state.meta) : undefined;
  const written = await sizeAndTime(temporary);
  await rename(temporary, target);
  await writeWhole(metaFileOf(target), encodeMeta({ ...identity, ...written, sha256, ...metaOfFacts(facts) }));
  return movedTo;
}

export function refuseForeign(state: TargetState): void {
  if (state.kind !== 'foreign') return;
  throw new UserError(
    `${state.file} ${state.why}. Move it away, name another file with --out, or overwrite it with --force.`,
  );
}

async function keepEarlier(target: string, meta: ResultsMeta): Promise<string> {
  for (let number = 1; number <= MOST_KEPT_OF_A_JOB; number += 1) {
    const place = keptName(target, meta.job, number);
    const state = await targetStateOf(place);
    const replaces = state.kind === 'ours' && isSameJob(state.meta, meta);
    if (state.kind !== 'free' && !replaces) continue;
    if (!(await linkOrRename(target, place, replaces))) continue;
    await writeWhole(metaFileOf(place), encodeMeta(meta));
    return place;
  }
  throw new UserError(
    `There are already ${MOST_KEPT_OF_A_JOB} kept results of job ${meta.job} beside ${target}. Move them away, or name another file with --out.`,
  );
}

/** `herg.jsonl` and job `a` become `herg.a.jsonl`. */
function keptName(target: string, job: string, number: number): string {
  const { dir, name, ext } = path.parse(target);
  return path.join(dir, `${name}.${job}${number === 1 ? '' : `.${number}`}${ext}`);
}

/** False when another process took the name meanwhile. */
async function linkOrRename(target: string, place: string, replaces: boolean): Promise<boolean> {
  const made = replaces ? temporaryName(place) : place;
  try {
    await link(target, made);
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    // The file system has no hard links, so the target is missing for a moment. Nothing is lost.
    await rename(target, place);
    return true;
  }
  if (replaces) await rename(made, place);
  // A rename between two names of the same file does nothing and leaves the old name.
  if (replaces) await rm(made, { force: true });
  return true;
}

/** Writes a file that appears whole or not at all. */
export async function writeWhole(file: string, text: string): Promise<void> {
  const temporary = temporaryName(file);
  try {
    await writeFile(temporary, text, { flag: 'wx' });
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
}

/** A new name in the same folder, for a file that is still being written. */
export const temporaryName = (file: string): string => `${file}.${randomBytes(4).toString('hex')}.partial`;

/**
 * Writes a report to a file.
 *
 * Invariants (R15): the file is the earlier one or the new one, and whole; a file that exists is replaced only with `force`.
 */
import { link, mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { systemCode, UserError } from '../errors.js';
import { temporaryName } from '../results/put-in-place.js';

export interface ReportTarget {
  readonly file: string;
  readonly force: boolean;
}

/** Refuses a report that could not be written, before the work for it is done. `option` is the option that names the file. */
export async function requireReportTarget({ file, force }: ReportTarget, option: string): Promise<void> {
  const there = await statOrUndefined(file);
  if (there?.isDirectory()) throw new UserError(`${file} is a folder. Name a file with ${option}.`);
  if (there !== undefined && !force) throw existsError(file, option);
  const folder = await statOrUndefined(path.dirname(file));
  if (folder !== undefined && !folder.isDirectory()) {
    throw new UserError(
      `${path.dirname(file)} is no folder, so the report cannot be in it. Name another file with ${option}.`,
    );
  }
}

export async function writeReport(html: string, { file, force }: ReportTarget, option: string): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  const temporary = temporaryName(file);
  try {
    await writeFile(temporary, html, { flag: 'wx' });
    if (force) await rename(temporary, file);
    // A hard link fails when the name is taken, also by a file that has appeared meanwhile.
    else await link(temporary, file);
  } catch (error) {
    if (!force && systemCode(error) === 'EEXIST') throw existsError(file, option);
    throw error;
  } finally {
    await rm(temporary, { force: true });
  }
}

const existsError = (file: string, option: string): UserError =>
  new UserError(`${file} exists already. Name another file with ${option}, or replace it with --force.`);

async function statOrUndefined(file: string): Promise<Awaited<ReturnType<typeof stat>> | undefined> {
  try {
    return await stat(file);
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}

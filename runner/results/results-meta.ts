/**
 * `<file>.meta.json` beside a results file names the job and describes the file as it was written. A later command uses it to tell results
 * that it may move away from a file that somebody else wrote or changed.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { isJobId } from '../../core/contract/job-id.js';
import { systemCode } from '../errors.js';

/** Job ids can be reused, on another stack or a later local cloud. Together with its time an id is unique. */
export interface JobIdentity {
  readonly job: string;
  /** The time of submission from the manifest (ISO 8601). */
  readonly createdAt: string;
}

export interface ResultsMeta extends JobIdentity {
  readonly bytes: number;
  /** SHA-256 of the file, in hex. */
  readonly sha256: string;
  /** The file's modification time (ISO 8601). */
  readonly writtenAt: string;
}

export const metaFileOf = (file: string): string => `${file}.meta.json`;

export const encodeMeta = (meta: ResultsMeta): string => `${JSON.stringify({ version: 1, ...meta }, null, 2)}\n`;

export const isSameJob = (one: JobIdentity, other: JobIdentity): boolean =>
  one.job === other.job && one.createdAt === other.createdAt;

/** The state of the path to which results are to go. */
export type Standing =
  | { readonly kind: 'free' }
  /** The path holds unchanged results that spotpool wrote. */
  | { readonly kind: 'ours'; readonly meta: ResultsMeta }
  /** The path holds something else. `why` is a predicate whose subject is `file`. */
  | { readonly kind: 'foreign'; readonly file: string; readonly why: string };

export async function standingOf(file: string): Promise<Standing> {
  const [found, metaText] = await Promise.all([unlessMissing(sizeAndTime(file)), textOf(metaFileOf(file))]);
  const meta = metaText === undefined ? undefined : decodeMeta(metaText);
  if (metaText !== undefined && meta === undefined) {
    return { kind: 'foreign', file: metaFileOf(file), why: 'exists already, and spotpool did not write it' };
  }
  if (found === undefined) return { kind: 'free' };
  if (meta === undefined) return { kind: 'foreign', file, why: 'exists already, and spotpool did not write it' };
  const unchanged =
    found.bytes === meta.bytes && (found.writtenAt === meta.writtenAt || (await sha256Of(file)) === meta.sha256);
  if (unchanged) return { kind: 'ours', meta };
  return { kind: 'foreign', file, why: `holds results of job ${meta.job} that were changed after they were written` };
}

export async function sizeAndTime(file: string): Promise<Pick<ResultsMeta, 'bytes' | 'writtenAt'>> {
  const { size, mtime } = await stat(file);
  return { bytes: size, writtenAt: mtime.toISOString() };
}

function decodeMeta(text: string): ResultsMeta | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { version, job, createdAt, bytes, sha256, writtenAt } = value as Readonly<Record<string, unknown>>;
  if (version !== 1 || typeof job !== 'string' || !isJobId(job)) return undefined; // the id becomes part of a file name
  if (![createdAt, sha256, writtenAt].every((text) => typeof text === 'string')) return undefined;
  if (!Number.isSafeInteger(bytes)) return undefined;
  return { job, createdAt, bytes, sha256, writtenAt } as ResultsMeta;
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

const textOf = (file: string): Promise<string | undefined> => unlessMissing(readFile(file, 'utf8'));

async function unlessMissing<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

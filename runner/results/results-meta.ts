/**
 * `<file>.meta.json` beside a results file names the job and describes the file as it was written. A later command uses it to tell results
 * that it may move away from a file that somebody else wrote or changed.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { jobId } from '../../core/contract/job-id.js';
import { count, decode, just, object, oneOf, optional, text } from '../../core/contract/shape.js';
import { provenance, type Provenance } from '../../core/record/provenance.js';
import { definedFields } from '../../core/defined-fields.js';
import { systemCode } from '../errors.js';
import type { OutputFacts } from './row-sink.js';

/** Job ids can be reused, on another stack or a later local cloud. Together with its time an id is unique. */
export interface JobIdentity {
  readonly job: string;
  /** The time of submission from the manifest (ISO 8601). */
  readonly createdAt: string;
  /** The data, the code and the options that made the results. Older versions write none. */
  readonly provenance?: Provenance;
}

export interface ResultsMeta extends JobIdentity {
  readonly bytes: number;
  /** SHA-256 of the file, in hex. */
  readonly sha256: string;
  /** The file's modification time (ISO 8601). */
  readonly writtenAt: string;
  /** Present when items of the job are missing. */
  readonly partial?: true;
  readonly only?: 'ok' | 'failed';
}

export const metaOfFacts = ({ partial, only }: OutputFacts): Pick<ResultsMeta, 'partial' | 'only'> => ({
  ...(partial ? { partial } : {}),
  ...definedFields({ only }),
});

export const metaFileOf = (file: string): string => `${file}.meta.json`;

export const encodeMeta = (meta: ResultsMeta): string => `${JSON.stringify({ version: 1, ...meta }, null, 2)}\n`;

export const isSameJob = (one: JobIdentity, other: JobIdentity): boolean =>
  one.job === other.job && one.createdAt === other.createdAt;

/** The state of the path to which results are to go. */
export type TargetState =
  | { readonly kind: 'free' }
  /** The path holds unchanged results that spotpool wrote. */
  | { readonly kind: 'ours'; readonly meta: ResultsMeta }
  /** The path holds something else. `why` is a predicate whose subject is `file`. */
  | { readonly kind: 'foreign'; readonly file: string; readonly why: string };

export async function targetStateOf(file: string): Promise<TargetState> {
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

const LONGEST_FIELD = 256;

const metaShape = object<ResultsMeta & { readonly version: 1 }>({
  version: just(1),
  // The id becomes a part of a file's name.
  job: jobId,
  createdAt: text(LONGEST_FIELD),
  provenance: optional(provenance),
  bytes: count,
  sha256: text(LONGEST_FIELD),
  writtenAt: text(LONGEST_FIELD),
  partial: optional(just(true)),
  only: optional(oneOf<'ok' | 'failed'>({ ok: true, failed: true })),
});

/** True for what spotpool writes beside its results. */
export const isMeta = (json: string): boolean => decodeMeta(json) !== undefined;

function decodeMeta(json: string): ResultsMeta | undefined {
  const read = decode(metaShape, json);
  if (read === undefined) return undefined;
  const { version: _version, ...meta } = read;
  return meta;
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

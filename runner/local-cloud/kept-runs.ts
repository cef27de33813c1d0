/**
 * Keeps the job of a `run --local` until its results are written, so that the same command goes on after Ctrl-C, a kill or a power loss.
 * Each job has a folder of its own, with a note and the data directory of its local cloud (local/data-directory.ts).
 *
 * Invariants:
 * - The note is there before the job begins, and is at any time the old or the new one.
 * - Only one local cloud uses a data directory at a time; the local cloud itself sees to that. The note only says who began it, for people and for waits.
 */
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { jobId } from '../../core/contract/job-id.js';
import { count, decode, instant, just, object, type Shape, text, words } from '../../core/contract/shape.js';
import { isAlive } from './state-file.js';
import { makeStateDirectory, stateDirectory } from './paths.js';

/** The words of a command that decide what it computes. Two commands with the same request compute the same, as far as words tell. */
export interface RunRequest {
  /** A SHA-256 of the words that decide what is computed. */
  readonly digest: string;
  /** The dataset and the model as the user gave them, for people. */
  readonly dataset: string;
  readonly model: string;
}

export interface RunNote extends RunRequest {
  readonly version: 1;
  readonly job: string;
  readonly begunAt: string;
  /** The process of the command that is at work on it, or was at last. */
  readonly pid: number;
  /** It tells that process from one after the next boot. */
  readonly bootedAtMs: number;
}

export interface KeptRun {
  readonly directory: string;
  /** Absent when it is damaged. */
  readonly note?: RunNote;
}

const NAME_CHARACTERS = 4_096;

const runNote: Shape<RunNote> = object<RunNote>({
  version: just(1),
  digest: text(64, /^[0-9a-f]{64}$/),
  dataset: words(NAME_CHARACTERS),
  model: words(NAME_CHARACTERS),
  job: jobId,
  begunAt: instant,
  pid: count,
  bootedAtMs: count,
});

const NOTE = 'run.json';
/** The system's uptime is in whole seconds on some systems, and clocks are corrected. */
const SAME_BOOT_MS = 60_000;
const FOLDERS_AT_MOST = 10_000;

export const keptDirectory = (env: NodeJS.ProcessEnv): string => path.join(stateDirectory(env), 'kept');
const runsDirectory = (env: NodeJS.ProcessEnv): string => path.join(keptDirectory(env), 'runs');
/** The buckets of `local up`. */
export const upDataDirectory = (env: NodeJS.ProcessEnv): string => path.join(keptDirectory(env), 'up');
export const dataOf = ({ directory }: KeptRun): string => path.join(directory, 'data');

/** Returns the SHA-256 of the words. Their values may be secrets, so they are not kept themselves. */
export const digestOfWords = (words: unknown): string =>
  createHash('sha256').update(JSON.stringify(words)).digest('hex');

/** Returns all kept runs, the newest first. */
export async function listKeptRuns(env: NodeJS.ProcessEnv): Promise<readonly KeptRun[]> {
  const runs = runsDirectory(env);
  const names = await readdir(runs).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  });
  const kept = await Promise.all(
    names.slice(0, FOLDERS_AT_MOST).map(async (name): Promise<KeptRun> => {
      const directory = path.join(runs, name);
      const note = await readNote(directory);
      return note === undefined ? { directory } : { directory, note };
    }),
  );
  return kept.sort((a, b) => (b.note?.begunAt ?? '').localeCompare(a.note?.begunAt ?? ''));
}

export async function beginRun(
  env: NodeJS.ProcessEnv,
  request: RunRequest,
  { job, nowMs }: { readonly job: string; readonly nowMs: number },
): Promise<KeptRun> {
  await makeStateDirectory(stateDirectory(env));
  const directory = path.join(runsDirectory(env), randomUUID());
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const note: RunNote = { version: 1, ...request, job, begunAt: new Date(nowMs).toISOString(), ...thisProcess(nowMs) };
  await writeNote(directory, note);
  return { directory, note };
}

/** Notes that this process goes on with the run. */
export async function takeOver(run: KeptRun, nowMs: number): Promise<void> {
  if (run.note !== undefined) await writeNote(run.directory, { ...run.note, ...thisProcess(nowMs) });
}

export async function removeRun({ directory }: KeptRun): Promise<void> {
  await rm(directory, { recursive: true, force: true, maxRetries: 3 });
}

/** Tells whether the command that was at work on it last still runs. */
export function isAtWork({ note }: KeptRun, nowMs: number): boolean {
  if (note === undefined) return false;
  return Math.abs(note.bootedAtMs - bootedAtMs(nowMs)) < SAME_BOOT_MS && isAlive(note.pid);
}

/** Returns the bytes that the files of a directory take. Files that go meanwhile do not count. */
export async function bytesOf(directory: string): Promise<number> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => []);
  const sizes = await Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map(async (entry) => (await stat(path.join(entry.parentPath, entry.name)).catch(() => undefined))?.size ?? 0),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

const thisProcess = (nowMs: number): Pick<RunNote, 'pid' | 'bootedAtMs'> => ({
  pid: process.pid,
  bootedAtMs: bootedAtMs(nowMs),
});

const bootedAtMs = (nowMs: number): number => Math.round(nowMs - os.uptime() * 1000);

async function readNote(directory: string): Promise<RunNote | undefined> {
  const json = await readFile(path.join(directory, NOTE)).catch(() => undefined);
  return json && decode(runNote, json);
}

async function writeNote(directory: string, note: RunNote): Promise<void> {
  const file = path.join(directory, NOTE);
  const temporary = `${file}.${randomUUID()}`;
  const handle = await open(temporary, 'wx', 0o600);
  try {
    await handle.writeFile(`${JSON.stringify(note, null, 2)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, file);
}

/**
 * A directory whose buckets outlive the cloud that uses it. One process uses it at a time, and each start has a number
 * that no other start of the directory has.
 *
 * Invariants:
 * - `starts/<number>` names the process of that start. The highest number is that of the user of the directory.
 * - A number is taken by a link, which succeeds once, and only when the process of the highest one is gone. Whoever
 *   finds a higher number than its own afterwards gives its own up. So nothing of a live process is ever removed.
 * - The highest number stays at the end, so that the next start has another one.
 */
import { randomUUID } from 'node:crypto';
import { link, readdir, readFile, unlink } from 'node:fs/promises';
import path from 'node:path';
import { explainDiskError } from './disk-errors.js';
import { startTicksOf } from './instances/process-table.js';
import { isOfAnotherUser, makePrivateDirectory } from './instances/private-files.js';
import { UsageError } from './options.js';
import { openKeptObjects, type KeptObjects } from './s3/kept/kept-objects.js';
import { replaceFile, syncDirectory, writeSynced } from './sync-files.js';

/** A change of the files' form raises it. */
const FORMAT = 1;
const FORMAT_FILE = 'format.json';
const STARTS = 'starts';

/** Another process uses the directory. */
export class DataInUse extends UsageError {
  constructor(directory: string, pid: number, file: string) {
    super(
      `Another local cloud (process ${pid}) uses the data directory ${directory}. End it first, or name another directory. ` +
        `If process ${pid} is no local cloud, remove ${file}.`,
    );
  }
}

export interface DataDirectory {
  /** The number of this start, from 1. */
  readonly start: number;
  readonly objects: KeptObjects;
  /** Gives the directory free. No request may be at work. */
  close(): Promise<void>;
}

interface Holder {
  readonly pid: number;
  /** It tells the process from a later one with the same pid, where the system shows it. */
  readonly startTicks: number;
}

export interface OpenOptions {
  readonly onDamage?: (sentence: string) => void;
  /** This process; another one in tests. */
  readonly self?: Holder;
  readonly isRunning?: (holder: Holder) => boolean;
}

export async function openDataDirectory(directory: string, options: OpenOptions = {}): Promise<DataDirectory> {
  try {
    return await open(directory, options);
  } catch (error) {
    const explanation = explainDiskError(error, directory, 'data');
    throw explanation === undefined ? error : new UsageError(explanation);
  }
}

async function open(directory: string, options: OpenOptions): Promise<DataDirectory> {
  const starts = path.join(directory, STARTS);
  makePrivateDirectory(starts);
  if (isOfAnotherUser(directory)) {
    throw new UsageError(
      `The data directory must belong to you: ${directory} belongs to another user, who could read and change everything in it. Name a directory that does not exist yet.`,
    );
  }
  await requireFormat(directory);
  const start = await takeNumber(directory, starts, options);
  const release = (): Promise<void> => replaceFile(startFile(starts, start), temporaryIn(directory), '{}\n');
  try {
    const objects = await openKeptObjects(directory, options);
    return {
      start,
      objects,
      close: async () => {
        await objects.close();
        await release().catch(() => undefined); // The process is gone soon, which frees the directory, too.
      },
    };
  } catch (error) {
    await release().catch(() => undefined);
    throw error;
  }
}

async function requireFormat(directory: string): Promise<void> {
  const file = path.join(directory, FORMAT_FILE);
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  });
  const found = formatOf(text);
  if (found === FORMAT) return;
  if (found !== undefined) {
    throw new UsageError(
      `The data directory ${directory} has the format ${found}, and this version reads format ${FORMAT}. Use the version that wrote it, or name another directory.`,
    );
  }
  // A power loss can tear this file only before the first object was kept.
  await replaceFile(file, temporaryIn(directory), `${JSON.stringify({ format: FORMAT })}\n`);
  await syncDirectory(directory);
}

function formatOf(text: string | undefined): number | undefined {
  try {
    return text === undefined ? undefined : Number((JSON.parse(text) as { format?: unknown } | null)?.format);
  } catch {
    return undefined;
  }
}

async function takeNumber(directory: string, starts: string, options: OpenOptions): Promise<number> {
  const self = options.self ?? { pid: process.pid, startTicks: startTicksOf(process.pid) };
  const isRunning = options.isRunning ?? isRunningNow;
  for (;;) {
    const highest = Math.max(0, ...(await numbersIn(starts)));
    const holder = await readHolder(startFile(starts, highest));
    if (holder !== undefined && isRunning(holder))
      throw new DataInUse(directory, holder.pid, startFile(starts, highest));
    const mine = highest + 1;
    if (!(await linkNew(startFile(starts, mine), temporaryIn(directory), `${JSON.stringify(self)}\n`))) continue;
    const numbers = await numbersIn(starts);
    if (Math.max(...numbers) > mine) {
      await unlink(startFile(starts, mine));
      continue;
    }
    await syncDirectory(starts);
    for (const number of numbers) if (number < mine) await unlink(startFile(starts, number)).catch(() => undefined);
    return mine;
  }
}

const startFile = (starts: string, number: number): string =>
  path.join(starts, `${String(number).padStart(10, '0')}.json`);

const temporaryIn = (directory: string): string => path.join(directory, `.${randomUUID()}`);

async function numbersIn(starts: string): Promise<readonly number[]> {
  const names = await readdir(starts);
  return names.flatMap((name) => Number(/^(\d{10})\.json$/.exec(name)?.[1] ?? NaN) || []);
}

/** Undefined when nobody holds the number any more. A torn file is from before a power loss, which ended its process. */
async function readHolder(file: string): Promise<Holder | undefined> {
  const text = await readFile(file, 'utf8').catch(() => '');
  try {
    const { pid, startTicks } = JSON.parse(text) as Partial<Holder>;
    return Number.isInteger(pid) && Number.isInteger(startTicks) ? ({ pid, startTicks } as Holder) : undefined;
  } catch {
    return undefined;
  }
}

/** Returns false when the file exists already. */
async function linkNew(file: string, temporary: string, text: string): Promise<boolean> {
  await writeSynced(temporary, text);
  try {
    await link(temporary, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await unlink(temporary);
  }
}

function isRunningNow({ pid, startTicks }: Holder): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  const now = startTicksOf(pid);
  return startTicks === 0 || now === 0 || now === startTicks;
}

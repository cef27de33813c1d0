/** Shows what is kept of local clouds on this machine, for `local status` and `local rm`. */
import path from 'node:path';
import { bytes, oneLine, plural, span } from '../../display/format.js';
import {
  bytesOf,
  isAtWork,
  keptDirectory,
  type KeptRun,
  listKeptRuns,
  upDataDirectory,
} from '../../local-cloud/kept-runs.js';

export interface Kept {
  readonly directory: string;
  /** The jobs of `run --local` whose results were not written, the newest first. */
  readonly runs: readonly ShownRun[];
  /** The bytes of the buckets of `local up`; 0 when there are none. */
  readonly upBytes: number;
}

export interface ShownRun {
  readonly run: KeptRun;
  readonly bytes: number;
  /** A command is at work on it. */
  readonly atWork: boolean;
}

export async function readKept(env: NodeJS.ProcessEnv, nowMs: number): Promise<Kept> {
  const runs = await listKeptRuns(env);
  return {
    directory: keptDirectory(env),
    runs: await Promise.all(
      runs.map(async (run) => ({ run, bytes: await bytesOf(run.directory), atWork: isAtWork(run, nowMs) })),
    ),
    upBytes: await bytesOf(upDataDirectory(env)),
  };
}

/** The id of the job, or the name of the folder when its note is damaged. */
export const nameOf = ({ directory, note }: KeptRun): string => note?.job ?? path.basename(directory);

export function keptLines({ directory, runs, upBytes }: Kept, nowMs: number): readonly string[] {
  if (runs.length === 0 && upBytes === 0) return ['Nothing is kept of local clouds.'];
  const all = runs.reduce((sum, run) => sum + run.bytes, upBytes);
  return [
    `${bytes(all)} are kept in ${directory}:`,
    ...runs.map((shown) => `  ${runText(shown, nowMs)}`),
    ...(upBytes === 0 ? [] : [`  the buckets of "local up": ${bytes(upBytes)}`]),
    ...(runs.length === 0 ? [] : ['To go on with a job, run its command again.']),
    'To remove what is kept and not in use: spotpool local rm all',
  ];
}

export function runText({ run, bytes: size, atWork }: ShownRun, nowMs: number): string {
  const { note } = run;
  if (note === undefined) return `${nameOf(run)}: ${bytes(size)}, of an unknown job`;
  const standing = atWork ? 'a command is at work on it' : 'not finished';
  return `job ${note.job}: ${oneLine(note.model)} over ${oneLine(note.dataset)}, begun ${span((nowMs - Date.parse(note.begunAt)) / 1000)} ago, ${bytes(size)}, ${standing}`;
}

export const keptJson = ({ directory, runs, upBytes }: Kept): Readonly<Record<string, unknown>> => ({
  directory,
  upBytes,
  jobs: runs.map(({ run, bytes: size, atWork }) => ({
    job: nameOf(run),
    dataset: run.note?.dataset,
    model: run.note?.model,
    begunAt: run.note?.begunAt,
    bytes: size,
    atWork,
  })),
});

export const countText = (runs: number, hasUp: boolean): string =>
  [...(runs === 0 ? [] : [plural(runs, 'job')]), ...(hasUp ? ['the buckets of "local up"'] : [])].join(' and ');

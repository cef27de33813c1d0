/** Reads the Git commit of the folder that a model comes from. It is for people: whatever goes wrong, the job has no commit, and the submit goes on. */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { GitState } from '../../core/contract/job.js';
import { definedFields } from '../../core/defined-fields.js';
import { packageModel } from '../model/package-model.js';
import type { ModelRequest } from '../model/resolved-model.js';
import { runProgram } from '../python/run-program.js';
import { joinSignals } from '../signals.js';

/** Git answers in milliseconds. In a repository so large that it takes longer, a submit does not wait for it. */
const LONGEST_MS = 3_000;
/** A repository may name a program of its own, which this look must not start. */
const STATUS = ['git', '-c', 'core.fsmonitor=false', 'status', '--porcelain=v2', '--branch'] as const;
const COMMIT = /^# branch\.oid ([0-9a-f]{40,64})$/m;

type Environment = Readonly<Record<string, string | undefined>>;

/** Packs a model with the commit of its folder. `env` is the environment of the user, in which Git is run. */
export const packWithGit =
  (env: Environment): typeof packageModel =>
  async (request, signal) => {
    const git = await readGit(request, env, signal);
    const packaged = await packageModel(request, signal);
    return { ...packaged, spec: { ...packaged.spec, ...definedFields({ git }) } };
  };

export async function readGit(
  model: ModelRequest,
  env: Environment,
  signal: AbortSignal,
): Promise<GitState | undefined> {
  const cwd = await folderOf(model);
  if (cwd === undefined) return undefined;
  const within = joinSignals([signal, AbortSignal.timeout(LONGEST_MS)]);
  try {
    // Without locks the look changes nothing in the repository.
    const { code, stdout } = await runProgram(STATUS, {
      env: { ...env, GIT_OPTIONAL_LOCKS: '0' },
      cwd,
      signal: within,
    });
    const commit = code === 0 ? COMMIT.exec(stdout)?.[1] : undefined;
    return commit === undefined ? undefined : { commit, clean: stdout.split('\n').every(isHeader) };
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}

const isHeader = (line: string): boolean => line === '' || line.startsWith('# ');

/** A command's files are those that are shipped with it. */
async function folderOf({ argument, cwd, files = [] }: ModelRequest): Promise<string | undefined> {
  const named = path.resolve(cwd, argument.replace(/:\w+$/, ''));
  for (const place of [named, ...files.map((file) => path.resolve(cwd, file))]) {
    const found = await stat(place).catch(() => undefined);
    if (found !== undefined) return found.isDirectory() ? place : path.dirname(place);
  }
  return undefined;
}

/** `spotpool local rm` removes what is kept of local clouds that have ended. */
import { rm } from 'node:fs/promises';
import { type Call, defineCommand } from '../../cli/command.js';
import type { CliContext } from '../../cli/context.js';
import { EXIT } from '../../cli/exit-codes.js';
import { toggle } from '../../cli/option-rows.js';
import { bytes } from '../../display/format.js';
import { CommandFailed, UserError } from '../../errors.js';
import { removeRun, upDataDirectory } from '../../local-cloud/kept-runs.js';
import { stateDirectory } from '../../local-cloud/paths.js';
import { readLocalState } from '../../local-cloud/state-file.js';
import { countText, type Kept, nameOf, readKept, runText, type ShownRun } from './kept.js';

const UP = 'up';

const rmOptions = { yes: toggle('remove it without asking') };

export const rmCommand = defineCommand({
  name: 'rm',
  description:
    'Remove what is kept of local clouds. Name jobs, "up" for the buckets of "local up", or "all". What is in use stays.',
  args: { what: 'the ids of jobs of "run --local", up, or all' },
  repeats: true,
  options: rmOptions,
  examples: ['spotpool local rm 20260103-101500-k3x9', 'spotpool local rm all --yes'],
  run: localRm,
});

interface Chosen {
  readonly runs: readonly ShownRun[];
  readonly up: boolean;
}

async function localRm({ context, words, options }: Call<'what', typeof rmOptions>): Promise<number> {
  const { terminal, env, clock } = context;
  const kept = await readKept(env, clock.nowMs());
  const used = (await readLocalState(stateDirectory(env)))?.data;
  const chosen = choose(words, kept, { env, used });
  const freed = chosen.runs.reduce((sum, run) => sum + run.bytes, chosen.up ? kept.upBytes : 0);
  const isEmpty = chosen.runs.length === 0 && !chosen.up;
  if (!isEmpty && options.yes !== true) await requireAgreement(context, chosen, freed);
  for (const { run } of chosen.runs) await removeRun(run);
  if (chosen.up) await rm(upDataDirectory(env), { recursive: true, force: true, maxRetries: 3 });
  const removed = { jobs: chosen.runs.map(({ run }) => nameOf(run)), up: chosen.up, bytes: isEmpty ? 0 : freed };
  if (options.json) terminal.out(`${JSON.stringify(removed)}\n`);
  else
    terminal.out(
      isEmpty
        ? 'There is nothing to remove.\n'
        : `Removed: ${countText(chosen.runs.length, chosen.up)}, ${bytes(freed)}.\n`,
    );
  return EXIT.ok;
}

/** With `all`, what is in use is left out; what is named and in use is refused. */
function choose(
  words: readonly string[],
  kept: Kept,
  { env, used }: { readonly env: NodeJS.ProcessEnv; readonly used: string | undefined },
): Chosen {
  const isUsed = ({ run, atWork }: ShownRun): boolean => atWork || (used?.startsWith(run.directory) ?? false);
  const isUpUsed = used === upDataDirectory(env);
  if (words.includes('all')) {
    return { runs: kept.runs.filter((run) => !isUsed(run)), up: kept.upBytes > 0 && !isUpUsed };
  }
  const runs = words
    .filter((word) => word !== UP)
    .map((word) => {
      const found = kept.runs.find(({ run }) => nameOf(run) === word);
      if (found === undefined) {
        throw new UserError(`Nothing is kept of a job ${word}. "spotpool local status" lists what is kept.`);
      }
      if (isUsed(found))
        throw new UserError(
          `Job ${word} is in use. Stop its command first, or end its local cloud: spotpool local down`,
        );
      return found;
    });
  if (words.includes(UP) && isUpUsed) {
    throw new UserError('The local cloud that is up uses its buckets. End it first: spotpool local down');
  }
  return { runs, up: words.includes(UP) && kept.upBytes > 0 };
}

async function requireAgreement(
  { terminal, confirm, clock }: CliContext,
  { runs, up }: Chosen,
  freed: number,
): Promise<void> {
  terminal.err(`This removes ${bytes(freed)}, and nobody can go on with it:\n`);
  for (const shown of runs) terminal.err(`  ${runText(shown, clock.nowMs())}\n`);
  if (up) terminal.err('  the buckets of "local up"\n');
  const answer = await confirm('Go on?');
  if (answer === undefined) {
    throw new UserError('There is no terminal for the question whether to go on. Add --yes to remove it.');
  }
  if (!answer) throw new CommandFailed('declined', 'Nothing was removed.');
}

/** `spotpool local status` shows the local cloud that is up, and what is kept of earlier ones. */
import { type Call, defineCommand } from '../../cli/command.js';
import { EXIT } from '../../cli/exit-codes.js';
import { NO_LOCAL_CLOUD } from '../../cli/stack-choice.js';
import { clockTime, plural, span } from '../../display/format.js';
import { UserError } from '../../errors.js';
import { stateDirectory } from '../../local-cloud/paths.js';
import { readLocalState } from '../../local-cloud/state-file.js';
import { keptJson, keptLines, readKept } from './kept.js';
import { placeOf, publicState, readRunningWork } from './state.js';

export const statusCommand = defineCommand({
  name: 'status',
  description: 'Show the local cloud, and what is kept. It says where the cloud is and what it runs.',
  args: {},
  options: {},
  examples: ['spotpool local status', 'spotpool local status --json | jq -r .endpoint'],
  run: localStatus,
});

async function localStatus({ context, options }: Call): Promise<number> {
  const { terminal, env, clock } = context;
  const state = await readLocalState(stateDirectory(env));
  const running = state && (await readRunningWork(context, state));
  const kept = await readKept(env, clock.nowMs());
  if (state !== undefined && running === undefined) {
    throw new UserError(`The local cloud at ${state.endpoint} does not answer. Its log: ${state.log}`);
  }
  if (options.json) {
    const shown =
      state === undefined ? { up: false } : { up: true, ...publicState(state), ...placeOf(state), ...running };
    terminal.out(`${JSON.stringify({ ...shown, kept: keptJson(kept) })}\n`);
    return EXIT.ok;
  }
  if (state === undefined || running === undefined) {
    terminal.out(`${NO_LOCAL_CLOUD}\n`);
  } else {
    const upFor = span((clock.nowMs() - Date.parse(state.startedAt)) / 1000);
    terminal.out(
      `The local cloud is up at ${state.endpoint} since ${clockTime(state.startedAt)} (${upFor}), pid ${state.pid}.\n` +
        `${plural(running.instances, 'instance')} of at most ${state.maxWorkers}; ${plural(running.jobs.length, 'job')} at work` +
        `${running.jobs.length > 0 ? `: ${running.jobs.map(({ job }) => job).join(', ')}` : ''}.\n` +
        `Log: ${state.log}\n`,
    );
  }
  terminal.out(`${keptLines(kept, clock.nowMs()).join('\n')}\n`);
  return EXIT.ok;
}

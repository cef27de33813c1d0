/** `spotpool local down` ends the local cloud that is up. */
import { type Call, defineCommand } from '../../cli/command.js';
import { EXIT } from '../../cli/exit-codes.js';
import { plural } from '../../display/format.js';
import { stateDirectory } from '../../local-cloud/paths.js';
import { type LocalState, readLocalState, removeLocalState } from '../../local-cloud/state-file.js';
import { takeDown } from '../../local-cloud/up-down.js';
import { placeOf, type RunningWork, readRunningWork } from './state.js';

export const downCommand = defineCommand({
  name: 'down',
  description: 'End the local cloud. Its instances go with it; its buckets are kept, and the next "local up" has them.',
  args: {},
  options: {},
  examples: ['spotpool local down', 'spotpool local down --json | jq .jobs'],
  run: localDown,
});

async function localDown({ context, options }: Call): Promise<number> {
  const { terminal, env } = context;
  const directory = stateDirectory(env);
  const state = await readLocalState(directory);
  if (state === undefined) {
    terminal.out(options.json ? `${JSON.stringify({ wasUp: false })}\n` : 'No local cloud is up.\n');
    return EXIT.ok;
  }
  const running = await readRunningWork(context, state);
  const inOrder = await takeDown(state);
  await removeLocalState(directory, state.pid);
  if (options.json) {
    terminal.out(`${JSON.stringify({ wasUp: true, pid: state.pid, inOrder, ...placeOf(state), ...running })}\n`);
  } else {
    terminal.out(`${downLines(state, running, inOrder).join('\n')}\n`);
  }
  return inOrder ? EXIT.ok : EXIT.failed;
}

function downLines(state: LocalState, running: RunningWork | undefined, inOrder: boolean): readonly string[] {
  return [
    ...(running?.jobs ?? []).map(
      ({ job, batchesLeft }) =>
        `Job ${job} had not ended: ${plural(batchesLeft, 'batch', 'batches')} had no results yet.${goesOn(state)}`,
    ),
    ...(running === undefined || running.instances === 0
      ? []
      : [`${plural(running.instances, 'instance')} ended with it.`]),
    inOrder
      ? `The local cloud (pid ${state.pid}) is gone. ${keptText(state)}`
      : `The local cloud (pid ${state.pid}) did not end in time and was killed. Its log: ${state.log}`,
  ];
}

const keptText = ({ data }: LocalState): string =>
  data === undefined
    ? 'Its data are gone, too.'
    : `Its buckets are kept in ${data}. To remove them: spotpool local rm up`;

const goesOn = ({ data }: LocalState): string => (data === undefined ? '' : ' It goes on with the next local cloud.');

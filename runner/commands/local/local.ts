/** `spotpool local up | env | down | status`: a local cloud that outlives the command. */
import type { CliContext } from '../../cli/context.js';
import { type Call, type CommandGroup, defineCommand } from '../../cli/command.js';
import { EXIT } from '../../cli/exit-codes.js';
import { localCloudOptions, localCloudRows, localMaxWorkers } from '../../cli/local-options.js';
import { toggle } from '../../cli/option-rows.js';
import { controlUntil } from '../../controller/control-until.js';
import { clockTime, plural, span } from '../../display/format.js';
import { messageOf, UserError } from '../../errors.js';
import { adoptStack } from '../../local-cloud/keep-up.js';
import { stateDirectory } from '../../local-cloud/paths.js';
import { type LocalState, readLocalState, removeLocalState } from '../../local-cloud/state-file.js';
import { superviseLocalCloud } from '../../local-cloud/supervisor.js';
import { bringUp, localLogFile, takeDown } from '../../local-cloud/up-down.js';
import { listJobs } from '../../status/job-status.js';
import { readFleetView } from '../../status/fleet-view.js';
import { hasEnded } from '../follow/follower.js';
import { envCommand } from './env.js';

/** What is still running is told if the cloud answers soon; ending it must not hang on one that does not. */
const ASK_WITHIN_MS = 5_000;

const upOptions = {
  ...localMaxWorkers,
  ...localCloudRows,
  foreground: toggle('stay in the foreground, as the process does that `up` starts', { hidden: true }),
  adopt: toggle('take over the cloud of a `run --local`', { hidden: true }),
};

const upCommand = defineCommand({
  name: 'up',
  description: 'Start the local cloud, and return when it is ready.',
  args: {},
  options: upOptions,
  examples: [
    'spotpool local up --arrive-over 8s --reclaim-rate 30 --notice 5s',
    'spotpool local up --launch-delay typical --reclaim 2m:all:no-notice',
    'eval "$(spotpool local env)" && aws sqs list-queues',
  ],
  run: async (call) => (call.options.foreground ? foreground(call) : localUp(call)),
});

const downCommand = defineCommand({
  name: 'down',
  description: 'End the local cloud with all its instances and data. The command waits until they are gone.',
  args: {},
  options: {},
  examples: ['spotpool local down', 'spotpool local down --json | jq .jobs'],
  run: localDown,
});

const statusCommand = defineCommand({
  name: 'status',
  description: 'Show whether the local cloud is up, where, and what it runs.',
  args: {},
  options: {},
  examples: ['spotpool local status', 'spotpool local status --json | jq -r .endpoint'],
  run: localStatus,
});

export const localCommand: CommandGroup = {
  name: 'local',
  description:
    'Start, show and end a local cloud. It has SQS, S3, and EC2 with a Spot fleet, and outlives the command that starts it.',
  examples: [
    'spotpool local up --max-workers 4',
    'spotpool submit data.csv --model ./model.ts --local',
    'eval "$(spotpool local env)" && aws s3 ls',
    'spotpool local down',
  ],
  commands: [upCommand, envCommand, downCommand, statusCommand],
};

type UpCall = Call<never, typeof upOptions>;

async function localUp({ context, options, rawArguments }: UpCall): Promise<number> {
  const { terminal, env, signal } = context;
  // The process that stays reads the options as this one did.
  const given = rawArguments.filter((argument) => argument !== '--json');
  const { state, wasUp } = await bringUp(given, env, signal);
  if (options.json) {
    terminal.out(`${JSON.stringify(publicState(state))}\n`);
    return EXIT.ok;
  }
  terminal.out(
    wasUp
      ? `A local cloud is up already at ${state.endpoint} (pid ${state.pid}, at most ${plural(state.maxWorkers, 'instance')}).\n` +
          'Options of this command were not applied; for another one: spotpool local down\n'
      : `The local cloud is up at ${state.endpoint} (pid ${state.pid}, at most ${plural(state.maxWorkers, 'instance')}).\n` +
          'Use it:  spotpool submit <dataset> --model <model> --local\n' +
          'Other tools (AWS CLI, boto3, any SDK):  eval "$(spotpool local env)"\n' +
          'End it:  spotpool local down\n',
  );
  return EXIT.ok;
}

/** `local up --json` prints this, and `--stack` reads it. */
export function publicState(state: LocalState): Record<string, unknown> {
  const { credentials, startedAt: _startedAt, log: _log, ...config } = state;
  return { ...config, ...credentials };
}

/** Runs the cloud, and its controller, until told to end. */
async function foreground({ context, options: flags }: UpCall): Promise<number> {
  const { terminal, env, clock, signal } = context;
  const log = (text: string): void => terminal.err(`${new Date(clock.nowMs()).toISOString()} ${text}\n`);
  const directory = stateDirectory(env);
  await superviseLocalCloud({
    options: localCloudOptions(flags, flags.maxWorkers),
    stateDirectory: directory,
    logFile: localLogFile(directory),
    env,
    provision: context.provision,
    control: async (config, stop) => {
      const loop = {
        maxWorkers: config.maxWorkers,
        until: () => false,
        onReport: (report: { readonly events: readonly { readonly message: string }[] }) =>
          report.events.forEach(({ message }) => log(message)),
        onTrouble: (error: unknown) => log(`A look at the stack failed: ${messageOf(error)}`),
      };
      await controlUntil({ ...context.connect(config), clock }, loop, stop);
    },
    ready: ({ endpoint }) => log(`The local cloud is up at ${endpoint}.`),
    log,
    now: () => clock.nowMs(),
    signal,
    ...(flags.adopt ? { adopt: adoptStack } : {}),
  });
  log('The local cloud has ended.');
  return EXIT.ok;
}

async function localDown({ context, options }: Call): Promise<number> {
  const { terminal, env } = context;
  const directory = stateDirectory(env);
  const state = await readLocalState(directory);
  if (state === undefined) {
    terminal.out(options.json ? `${JSON.stringify({ wasUp: false })}\n` : 'No local cloud is up.\n');
    return EXIT.ok;
  }
  const running = await whatRuns(context, state);
  const inOrder = await takeDown(state);
  await removeLocalState(directory, state.pid);
  if (options.json) {
    terminal.out(`${JSON.stringify({ wasUp: true, pid: state.pid, inOrder, ...running })}\n`);
  } else {
    terminal.out(`${downLines(state, running, inOrder).join('\n')}\n`);
  }
  return inOrder ? EXIT.ok : EXIT.failed;
}

interface Running {
  readonly jobs: readonly { readonly job: string; readonly batchesLeft: number }[];
  readonly instances: number;
}

/** Undefined when the cloud does not answer. */
async function whatRuns(context: CliContext, state: LocalState): Promise<Running | undefined> {
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(ASK_WITHIN_MS)]);
  try {
    const ports = context.connect(state);
    const [jobs, fleet] = await Promise.all([listJobs(ports.store, signal), readFleetView(ports, signal)]);
    return {
      jobs: jobs
        .filter((job) => !hasEnded(job))
        .map(({ job, batches }) => ({ job, batchesLeft: batches.total - batches.done })),
      instances: fleet.instances.filter(({ standing }) => standing !== undefined).length,
    };
  } catch {
    return undefined;
  }
}

function downLines(state: LocalState, running: Running | undefined, inOrder: boolean): readonly string[] {
  return [
    ...(running?.jobs ?? []).map(
      ({ job, batchesLeft }) => `Job ${job} had not ended: ${plural(batchesLeft, 'batch', 'batches')} left undone.`,
    ),
    ...(running === undefined || running.instances === 0
      ? []
      : [`${plural(running.instances, 'instance')} ended with it.`]),
    inOrder
      ? `The local cloud (pid ${state.pid}) is gone, with its data.`
      : `The local cloud (pid ${state.pid}) did not end in time and was killed. Its log: ${state.log}`,
  ];
}

async function localStatus({ context, options }: Call): Promise<number> {
  const { terminal, env, clock } = context;
  const state = await readLocalState(stateDirectory(env));
  const running = state && (await whatRuns(context, state));
  if (options.json) {
    const shown = state === undefined ? { up: false } : { up: true, ...publicState(state), ...running };
    terminal.out(`${JSON.stringify(shown)}\n`);
  } else if (state === undefined) {
    terminal.out('No local cloud is up. Start one with: spotpool local up\n');
  } else {
    if (running === undefined)
      throw new UserError(`The local cloud at ${state.endpoint} does not answer; its log: ${state.log}`);
    const upFor = span((clock.nowMs() - Date.parse(state.startedAt)) / 1000);
    terminal.out(
      `The local cloud is up at ${state.endpoint} since ${clockTime(state.startedAt)} (${upFor}), pid ${state.pid}.\n` +
        `${plural(running.instances, 'instance')} of at most ${state.maxWorkers}; ${plural(running.jobs.length, 'job')} at work` +
        `${running.jobs.length > 0 ? `: ${running.jobs.map(({ job }) => job).join(', ')}` : ''}.\n` +
        `Log: ${state.log}\n`,
    );
  }
  return EXIT.ok;
}

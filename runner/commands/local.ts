/** `spotpool local up | env | down | status`: a local cloud that outlives the command. */
import { type Command, Option } from 'commander';
import type { CommandHost } from '../cli/command-host.js';
import type { CliContext } from '../cli/context.js';
import { EXIT } from '../cli/exit-codes.js';
import {
  addJsonOption,
  addLocalCloudOptions,
  type LocalFlags,
  localCloudOptions,
  MOST_WORKERS,
} from '../cli/options.js';
import { integerBetween } from '../cli/values.js';
import { controlUntil } from '../controller/control-until.js';
import { clockTime, plural, span } from '../display/format.js';
import { messageOf, UserError } from '../errors.js';
import { adoptStack } from '../local-cloud/keep-up.js';
import { DEFAULT_LOCAL_MAX_WORKERS } from '../local-cloud/options.js';
import { stateDirectory } from '../local-cloud/paths.js';
import { type LocalState, readLocalState, removeLocalState } from '../local-cloud/state-file.js';
import { superviseLocalCloud } from '../local-cloud/supervisor.js';
import { bringUp, localLogFile, takeDown } from '../local-cloud/up-down.js';
import { listJobs } from '../status/job-status.js';
import { readFleetView } from '../status/fleet-view.js';
import { hasEnded } from './following/follow.js';
import { addLocalEnvCommand } from './local-env.js';

interface UpFlags extends LocalFlags {
  readonly json?: boolean;
  readonly foreground?: boolean;
  readonly adopt?: boolean;
  readonly maxWorkers: number;
}

interface Flags {
  readonly json?: boolean;
}

/** What is still running is told if the cloud answers soon; ending it must not hang on one that does not. */
const ASK_WITHIN_MS = 5_000;

export function addLocalCommand(program: Command, host: CommandHost): void {
  const local = program
    .command('local')
    .description('A local cloud (SQS, S3, EC2 with a Spot fleet) that outlives the command.')
    .addHelpText(
      'after',
      '\nExamples:\n  $ spotpool local up --max-workers 4\n  $ spotpool submit data.csv --model ./model.ts --local\n  $ eval "$(spotpool local env)" && aws s3 ls\n  $ spotpool local down',
    );
  const up = local
    .command('up')
    .description('Start it, and return when all is ready.')
    .addOption(
      new Option('--max-workers <n>', 'most instances of its fleet')
        .argParser(integerBetween(1, MOST_WORKERS))
        .default(DEFAULT_LOCAL_MAX_WORKERS),
    )
    .addOption(new Option('--foreground', 'stay in the foreground: what `up` starts').hideHelp())
    .addOption(new Option('--adopt', 'take over the cloud of a `run --local`').hideHelp())
    .addHelpText(
      'after',
      '\nExamples:\n  $ spotpool local up --arrive-over 8s --reclaim-rate 30 --notice 5s\n  $ spotpool local up --launch-delay typical --reclaim 2m:all:no-notice\n  $ eval "$(spotpool local env)" && aws sqs list-queues',
    );
  addJsonOption(addLocalCloudOptions(up)).action(async (flags: UpFlags, command: Command) =>
    host.finish(await (flags.foreground ? foreground(host.context, flags) : localUp(host.context, flags, command))),
  );
  addLocalEnvCommand(local, host);
  const down = local
    .command('down')
    .description('End it, with all its instances and data; wait until it is gone.')
    .addHelpText('after', '\nExamples:\n  $ spotpool local down\n  $ spotpool local down --json | jq .jobs');
  addJsonOption(down).action(async (flags: Flags) => host.finish(await localDown(host.context, flags)));
  const status = local
    .command('status')
    .description('Say whether it is up, where, and what it runs.')
    .addHelpText('after', '\nExamples:\n  $ spotpool local status\n  $ spotpool local status --json | jq -r .endpoint');
  addJsonOption(status).action(async (flags: Flags) => host.finish(await localStatus(host.context, flags)));
}

async function localUp(context: CliContext, flags: UpFlags, command: Command): Promise<number> {
  const { terminal, env, signal } = context;
  const { state, wasUp } = await bringUp(givenArguments(command), env, signal);
  if (flags.json) {
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

/** The options as they were given, for the process that stays; it reads them as this one did. */
function givenArguments(command: Command): readonly string[] {
  const { rawArgs } = rootOf(command) as Command & { readonly rawArgs: readonly string[] };
  return rawArgs.slice(rawArgs.indexOf('up') + 1).filter((argument) => argument !== '--json');
}

const rootOf = (command: Command): Command => (command.parent === null ? command : rootOf(command.parent));

/** What `local up --json` prints: also what `--stack` reads. */
export function publicState({ credentials, ...state }: LocalState): Record<string, unknown> {
  const { endpoint, region, queueUrl, deadLetterQueueUrl, bucket, fleetId, pid, name, maxWorkers, controlled } = state;
  const { installedWorker, scheduler } = state;
  const { accessKeyId, secretAccessKey } = credentials;
  const services = { endpoint, region, accessKeyId, secretAccessKey };
  const stack = {
    queueUrl,
    deadLetterQueueUrl,
    bucket,
    fleetId,
    name,
    maxWorkers,
    controlled,
    installedWorker,
    scheduler,
  };
  return { ...services, ...stack, pid };
}

/** Runs the cloud, and its controller, until told to end. */
async function foreground(context: CliContext, flags: UpFlags): Promise<number> {
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

async function localDown(context: CliContext, flags: Flags): Promise<number> {
  const { terminal, env } = context;
  const directory = stateDirectory(env);
  const state = await readLocalState(directory);
  if (state === undefined) {
    terminal.out(flags.json ? `${JSON.stringify({ wasUp: false })}\n` : 'No local cloud is up.\n');
    return EXIT.ok;
  }
  const running = await whatRuns(context, state);
  const inOrder = await takeDown(state);
  await removeLocalState(directory, state.pid);
  if (flags.json) {
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

async function localStatus(context: CliContext, flags: Flags): Promise<number> {
  const { terminal, env, clock } = context;
  const state = await readLocalState(stateDirectory(env));
  const running = state && (await whatRuns(context, state));
  if (flags.json) {
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

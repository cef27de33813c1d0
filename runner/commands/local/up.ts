/** `spotpool local up` starts a local cloud in a process of its own; that process is the same command with `--foreground`. */
import { createWriteStream } from 'node:fs';
import { type Call, defineCommand } from '../../cli/command.js';
import { EXIT } from '../../cli/exit-codes.js';
import { localCloudOptions, localCloudRows, localMaxWorkers } from '../../cli/local-options.js';
import { toggle } from '../../cli/option-rows.js';
import { controlUntil } from '../../controller/control-until.js';
import { plural } from '../../display/format.js';
import { messageOf } from '../../errors.js';
import { adoptStack } from '../../local-cloud/keep-up.js';
import { upDataDirectory } from '../../local-cloud/kept-runs.js';
import { makeStateDirectory, stateDirectory } from '../../local-cloud/paths.js';
import { type LocalState, readLocalState } from '../../local-cloud/state-file.js';
import { superviseLocalCloud } from '../../local-cloud/supervisor.js';
import { bringUp, localLogFile } from '../../local-cloud/up-down.js';
import { renewMessages } from '../../submit/renew-messages.js';
import { publicState } from './state.js';

const upOptions = {
  ...localMaxWorkers,
  ...localCloudRows,
  foreground: toggle('stay in the foreground, as the process does that `up` starts', { hidden: true }),
  adopt: toggle('take over the cloud of a `run --local`', { hidden: true }),
  whileStdin: toggle('stay in the foreground, print the state, and end with the standard input', { hidden: true }),
};

export const upCommand = defineCommand({
  name: 'up',
  description:
    'Start the local cloud, and return when it is ready. It has the buckets of the last one, and unfinished jobs go on.',
  args: {},
  options: upOptions,
  examples: [
    'spotpool local up --arrive-over 8s --reclaim-rate 30 --notice 5s',
    'spotpool local up --launch-delay typical --reclaim 2m:all:no-notice',
    'eval "$(spotpool local env)" && aws sqs list-queues',
  ],
  run: async (call) => {
    if (call.options.whileStdin) return whileStdin(call);
    return call.options.foreground ? foreground(call) : localUp(call);
  },
});

type UpCall = Call<never, typeof upOptions>;

async function localUp({ context, options, rawArguments }: UpCall): Promise<number> {
  const { terminal, env, signal } = context;
  // The process that stays reads the options as this one did.
  const given = rawArguments.filter((argument) => argument !== '--json');
  const { state, wasUp } = await bringUp(given, env, signal);
  if (options.json) {
    terminal.out(`${JSON.stringify({ ...publicState(state), wasUp })}\n`);
    return EXIT.ok;
  }
  terminal.out(
    wasUp
      ? `A local cloud is up already at ${state.endpoint} (pid ${state.pid}, at most ${plural(state.maxWorkers, 'instance')}).\n` +
          'The options of this command were not applied. To start another cloud, end this one first: spotpool local down\n'
      : `The local cloud is up at ${state.endpoint} (pid ${state.pid}, at most ${plural(state.maxWorkers, 'instance')}).\n` +
          'Use it:  spotpool submit <dataset> --model <model> --local\n' +
          'Other tools (AWS CLI, boto3, any SDK):  eval "$(spotpool local env)"\n' +
          'End it:  spotpool local down\n',
  );
  return EXIT.ok;
}

/**
 * Starts a cloud for a program, such as the Python package. The program holds the other end of standard input, so that its cloud ends with it, however
 * it ends. A cloud that is up already is printed, and left alone.
 */
async function whileStdin(call: UpCall): Promise<number> {
  const { terminal, env, signal } = call.context;
  const directory = stateDirectory(env);
  const up = await readLocalState(directory);
  if (up !== undefined) {
    terminal.out(`${JSON.stringify({ ...publicState(up), wasUp: true })}\n`);
    return EXIT.ok;
  }
  await makeStateDirectory(directory);
  const log = createWriteStream(localLogFile(directory), { mode: PRIVATE_FILE });
  log.on('error', () => undefined); // The cloud goes on although the disk is full.
  try {
    return await foreground(call, {
      signal: AbortSignal.any([signal, endOfInput()]),
      log: (line) => void log.write(line),
      onReady: (state) => terminal.out(`${JSON.stringify({ ...publicState(state), wasUp: false })}\n`),
    });
  } finally {
    process.stdin.destroy();
    log.end();
  }
}

/** Only the owner may read the log, as the other files of the state directory. */
const PRIVATE_FILE = 0o600;

function endOfInput(): AbortSignal {
  const ended = new AbortController();
  for (const event of ['end', 'error', 'close']) process.stdin.once(event, () => ended.abort());
  process.stdin.resume();
  return ended.signal;
}

interface Foreground {
  readonly signal: AbortSignal;
  readonly log: (line: string) => void;
  readonly onReady?: (state: LocalState) => void;
}

/** Runs the cloud and its controller until it is told to end. */
async function foreground(
  { context, options: flags }: UpCall,
  { signal, log: write, onReady }: Foreground = { signal: context.signal, log: (line) => context.terminal.err(line) },
): Promise<number> {
  const { env, clock } = context;
  const log = (text: string): void => write(`${new Date(clock.nowMs()).toISOString()} ${text}\n`);
  const directory = stateDirectory(env);
  await superviseLocalCloud({
    options: localCloudOptions(flags, flags.maxWorkers),
    data: upDataDirectory(env),
    stateDirectory: directory,
    logFile: localLogFile(directory),
    env,
    provision: context.provision,
    renew: async (config, stop) => {
      const onTrouble = (job: string, error: unknown): void =>
        log(
          `The batches that are left of job ${job} could not be sent (${messageOf(error)}). They are sent after some minutes.`,
        );
      for (const { job, sent } of await renewMessages(context.connect(config), { signal: stop, onTrouble })) {
        log(`Job ${job} was not finished: ${plural(sent, 'batch has', 'batches have')} been sent again.`);
      }
    },
    control: async (config, stop) => {
      const loop = {
        maxWorkers: config.maxWorkers,
        until: () => false,
        onReport: (report: { readonly events: readonly { readonly message: string }[] }) =>
          report.events.forEach(({ message }) => log(message)),
        onTrouble: (error: unknown) => log(`Could not control the stack (${messageOf(error)}); retrying.`),
      };
      await controlUntil({ ...context.connect(config), clock }, loop, stop);
    },
    ready: (state) => {
      log(`The local cloud is up at ${state.endpoint}.`);
      onReady?.(state);
    },
    log,
    now: () => clock.nowMs(),
    signal,
    ...(flags.adopt ? { adopt: adoptStack } : {}),
  });
  log('The local cloud has ended.');
  return EXIT.ok;
}

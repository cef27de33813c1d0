/** `spotpool local host`: gives the instances of an emulator, which are records only, processes on this machine. */
import path from 'node:path';
import { type Command, Option } from 'commander';
import { chooseEmulator, emulatorEndpoint } from '../cli/emulator-choice.js';
import type { CommandHost } from '../cli/command-host.js';
import type { CliContext } from '../cli/context.js';
import { EXIT } from '../cli/exit-codes.js';
import { addJsonOption, MOST_WORKERS } from '../cli/options.js';
import { chooseStack } from '../cli/stack-choice.js';
import { integerBetween, seconds } from '../cli/values.js';
import { clockTime } from '../display/format.js';
import type { HostEvent } from '../host/events.js';
import { hostInstances } from '../host/host.js';
import { lockHost } from '../host/lock.js';
import type { Emulator } from '../local-cloud/emulator.js';
import { stateDirectory } from '../local-cloud/paths.js';
import type { OpenHostOptions } from '../host/open-host.js';

/** Each is a worker and its slots: more than this is a slip of the keyboard for one machine. */
const DEFAULT_MAX_INSTANCES = 32;

interface Flags {
  readonly endpoint?: string;
  readonly stack?: string;
  readonly fleet?: string;
  readonly notice?: number;
  readonly replace?: boolean;
  readonly maxInstances: number;
  readonly directory?: string;
  readonly json?: boolean;
}

export function addLocalHostCommand(local: Command, host: CommandHost): void {
  const command = local
    .command('host')
    .summary('Run the instances of LocalStack or moto, which are records only.')
    .description(
      "Run the instances of an emulator of AWS (LocalStack, moto), which are records only: each running instance of the stack gets a process on this machine, which runs its user data with metadata of its own, and ends with it. Until Ctrl-C; EC2's records stay.",
    )
    .option('--endpoint <url>', "the emulator's (default: the outputs', or AWS_ENDPOINT_URL)")
    .option('--stack <file>', "a stack's outputs (default: cdk-outputs.json)")
    .option('--fleet <id>', "this fleet's instances, whatever stack they are of")
    .addOption(
      new Option(
        '--notice <seconds>',
        'an instance that is terminated in EC2 is a reclaim: its worker has an interruption notice, then so long',
      ).argParser(seconds),
    )
    .option('--replace', 'instances that ended are replaced up to the target, as on AWS; emulators replace none')
    .addOption(
      new Option('--max-instances <n>', 'those that have processes at once; others wait')
        .argParser(integerBetween(1, MOST_WORKERS))
        .default(DEFAULT_MAX_INSTANCES),
    )
    .option('--directory <dir>', "keeps the instances' consoles there (default: a temporary one, gone at the end)")
    .addHelpText(
      'after',
      '\nExamples:\n  $ spotpool local host --endpoint http://127.0.0.1:4566\n  $ spotpool local host --notice 10 &\n  $ aws ec2 terminate-instances --instance-ids i-…      a reclaim with a notice of ten seconds',
    );
  addJsonOption(command).action(async (flags: Flags) => host.finish(await localHost(host.context, flags)));
}

async function localHost(context: CliContext, flags: Flags): Promise<number> {
  const { terminal, clock, signal } = context;
  const { emulator, of } = await whatToHost(context, flags);
  const tell = (event: HostEvent): void => {
    const at = new Date(clock.nowMs()).toISOString();
    terminal.out(flags.json ? `${JSON.stringify({ at, ...event })}\n` : `${clockTime(at)} ${event.message}\n`);
  };
  const whose = of.stack === undefined ? `the fleet ${of.fleetId}` : `the stack ${of.stack}`;
  const unlock = await lockHost(stateDirectory(context.env), namesOf(of, emulator));
  try {
    const directory = flags.directory === undefined ? {} : { directory: path.resolve(context.cwd, flags.directory) };
    const opened = await context.openHost(emulator, { of, ...directory });
    try {
      tell({
        event: 'hosting',
        message: `Hosting the instances of ${whose} at ${emulator.endpoint}. End it with Ctrl-C.`,
      });
      const { notice = 0, replace = false, maxInstances } = flags;
      const options = { noticeMs: notice * 1000, replace, most: maxInstances };
      await hostInstances({ ...opened, clock, tell }, options, signal);
    } finally {
      await opened.close();
    }
  } finally {
    await unlock();
  }
  return EXIT.ok;
}

/** Another host may mean the same instances by the fleet alone; an emulator has many names, but no two have a fleet of one id. */
const namesOf = ({ stack, fleetId }: OpenHostOptions['of'], { endpoint, region }: Emulator): readonly string[] => [
  `the fleet ${fleetId}`,
  ...(stack === undefined ? [] : [`the stack ${stack} ${region} ${endpoint}`]),
];

async function whatToHost(
  context: CliContext,
  flags: Flags,
): Promise<{ readonly emulator: Emulator; readonly of: OpenHostOptions['of'] }> {
  if (flags.fleet !== undefined && flags.stack === undefined) {
    const { emulator } = chooseEmulator(flags.endpoint, {}, context.env);
    return { emulator, of: { fleetId: flags.fleet } };
  }
  const { config } = await chooseStack(flags, context);
  const endpoint = emulatorEndpoint(flags.endpoint ?? config.endpoint, context.env);
  const { emulator } = chooseEmulator(endpoint, { region: config.region, ...config.credentials }, context.env);
  const of = flags.fleet === undefined ? { stack: config.name, fleetId: config.fleetId } : { fleetId: flags.fleet };
  return { emulator, of };
}

/** `spotpool emulator host`: runs the instances of an emulator, which are records only, as processes on this machine. */
import path from 'node:path';
import { type Command, Option } from 'commander';
import { definedFields } from '../../core/defined-fields.js';
import type { CommandHost } from '../../runner/cli/command-host.js';
import type { CliContext } from '../../runner/cli/context.js';
import { EXIT } from '../../runner/cli/exit-codes.js';
import { addJsonOption, MOST_WORKERS } from '../../runner/cli/options.js';
import { chooseStack } from '../../runner/cli/stack-choice.js';
import { integerBetween, seconds } from '../../runner/cli/values.js';
import { clockTime } from '../../runner/display/format.js';
import { stateDirectory } from '../../runner/local-cloud/paths.js';
import { chooseEmulator, emulatorEndpoint } from '../choose-emulator.js';
import type { Emulator } from '../emulator.js';
import type { HostEvent } from '../host/events.js';
import { hostInstances } from '../host/host.js';
import { lockHost } from '../host/lock.js';
import type { OpenHost, OpenHostOptions } from '../host/open-host.js';

/** Each instance is a worker with its slots. More than this on one machine is probably a typing mistake. */
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

export function addHostCommand(parent: Command, host: CommandHost, openHost: OpenHost): void {
  const command = parent
    .command('host')
    .summary('Run the instances of LocalStack or moto, which are records only.')
    .description(
      [
        'Run the instances of an emulator (LocalStack, moto), which are records only.',
        'Each running instance of the stack gets a process on this machine, which runs its user data with metadata of its own.',
        'The process ends when the instance does.',
        'The command runs until Ctrl-C; the records in EC2 stay.',
      ].join(' '),
    )
    .option('--endpoint <url>', "the emulator's endpoint (default: the outputs', or AWS_ENDPOINT_URL)")
    .option('--stack <file>', "a stack's outputs (default: cdk-outputs.json)")
    .option('--fleet <id>', 'run the instances of this fleet, whatever their stack')
    .addOption(
      new Option(
        '--notice <seconds>',
        'treat an instance that is terminated in EC2 as reclaimed: show its worker an interruption notice this long before the end',
      ).argParser(seconds),
    )
    .option('--replace', 'replace instances that ended, up to the target, as AWS does; emulators replace none')
    .addOption(
      new Option('--max-instances <n>', 'run at most this many instances at once; the others wait')
        .argParser(integerBetween(1, MOST_WORKERS))
        .default(DEFAULT_MAX_INSTANCES),
    )
    .option('--directory <dir>', "keep the instances' consoles there (default: a temporary directory)")
    .addHelpText(
      'after',
      '\nExamples:\n  $ spotpool emulator host --endpoint http://127.0.0.1:4566\n  $ spotpool emulator host --notice 10 &\n  $ aws ec2 terminate-instances --instance-ids i-…      a reclaim with a notice of ten seconds',
    );
  addJsonOption(command).action(async (flags: Flags) => host.finish(await runHost(host.context, openHost, flags)));
}

async function runHost(context: CliContext, openHost: OpenHost, flags: Flags): Promise<number> {
  const { terminal, clock, signal } = context;
  const { emulator, of } = await chooseInstances(context, flags);
  const report = (event: HostEvent): void => {
    const at = new Date(clock.nowMs()).toISOString();
    terminal.out(flags.json ? `${JSON.stringify({ at, ...event })}\n` : `${clockTime(at)} ${event.message}\n`);
  };
  const owner = of.stack === undefined ? `fleet ${of.fleetId}` : `stack ${of.stack}`;
  const unlock = await lockHost(stateDirectory(context.env), lockNames(of, emulator));
  try {
    const directory = flags.directory === undefined ? undefined : path.resolve(context.cwd, flags.directory);
    const opened = await openHost(emulator, { of, ...definedFields({ directory }) });
    try {
      report({
        event: 'hosting',
        message: `Running the instances of ${owner} at ${emulator.endpoint}. Press Ctrl-C to end.`,
      });
      const { notice = 0, replace = false, maxInstances } = flags;
      const options = { noticeMs: notice * 1000, replace, maxInstances };
      await hostInstances({ ...opened, clock, report }, options, signal);
    } finally {
      await opened.close();
    }
  } finally {
    await unlock();
  }
  return EXIT.ok;
}

/**
 * Another host may select the same instances by the fleet's id alone, which is locked too. Fleet ids are unique, so that lock needs no endpoint,
 * of which one emulator may have several.
 */
const lockNames = ({ stack, fleetId }: OpenHostOptions['of'], { endpoint, region }: Emulator): readonly string[] => [
  `the fleet ${fleetId}`,
  ...(stack === undefined ? [] : [`the stack ${stack} ${region} ${endpoint}`]),
];

async function chooseInstances(
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

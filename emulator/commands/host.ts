/** `spotpool emulator host`: runs the instances of an emulator, which are records only, as processes on this machine. */
import path from 'node:path';
import { definedFields } from '../../core/defined-fields.js';
import { type Call, type CommandDefinition, defineCommand } from '../../runner/cli/command.js';
import type { CliContext } from '../../runner/cli/context.js';
import { EXIT } from '../../runner/cli/exit-codes.js';
import { parsed, text, toggle, withDefault } from '../../runner/cli/option-rows.js';
import { chooseStack } from '../../runner/cli/stack-choice.js';
import { integerBetween, MOST_WORKERS, seconds } from '../../runner/cli/values.js';
import { clockTime } from '../../runner/display/format.js';
import { stateDirectory } from '../../runner/local-cloud/paths.js';
import { chooseEmulator, emulatorEndpoint } from '../choose-emulator.js';
import type { Emulator } from '../emulator.js';
import type { HostEvent } from '../host/events.js';
import { hostInstances } from '../host/host.js';
import { lockHost } from '../host/lock.js';
import type { OpenHost, OpenHostOptions } from '../host/open-host.js';
import { endpointOption } from './shared.js';

/** Each instance is a worker with its slots. More than this on one machine is probably a typing mistake. */
const DEFAULT_MAX_INSTANCES = 32;

const hostOptions = {
  endpoint: endpointOption,
  stack: text('<file>', 'use the stack of this outputs file (default: cdk-outputs.json)'),
  fleet: text('<id>', 'run the instances of this fleet, whatever their stack'),
  notice: parsed(
    '<seconds>',
    'show an interruption notice to the worker of a terminated instance, this long before its end',
    seconds,
  ),
  replace: toggle('replace instances that ended, up to the target, as AWS does; emulators replace none'),
  maxInstances: withDefault(
    parsed('<n>', 'run at most this many instances at once; the others wait', integerBetween(1, MOST_WORKERS)),
    DEFAULT_MAX_INSTANCES,
  ),
  directory: text('<dir>', "keep the instances' consoles there (default: a temporary directory)"),
};

type HostCall = Call<never, typeof hostOptions>;

export const hostCommand = (openHost: OpenHost): CommandDefinition =>
  defineCommand({
    name: 'host',
    description: [
      "Run the emulator's instances on this machine.",
      'An emulator keeps records of instances, without processes.',
      'Each running instance of the stack gets a process here, which runs its user data with its own instance metadata.',
      'The process ends when the instance does.',
      'The command runs until Ctrl-C; the records in EC2 stay.',
    ].join(' '),
    args: {},
    options: hostOptions,
    examples: [
      'spotpool emulator host --endpoint http://127.0.0.1:4566',
      'spotpool emulator host --notice 10 &',
      'aws ec2 terminate-instances --instance-ids i-…      a reclaim with a notice of ten seconds',
    ],
    run: async (call) => runHost(call, openHost),
  });

async function runHost({ context, options: flags }: HostCall, openHost: OpenHost): Promise<number> {
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
      const hosting = { noticeMs: notice * 1000, replace, maxInstances };
      await hostInstances({ ...opened, clock, report }, hosting, signal);
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
  flags: HostCall['options'],
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

/** `spotpool emulator fleet create | delete`: the fleet of a stack that was deployed to LocalStack, which makes none out of a template. */
import path from 'node:path';
import type { Command } from 'commander';
import { DEFAULT_SCHEDULE_GROUP, type StackConfig } from '../../core/contract/stack.js';
import type { CommandHost } from '../../runner/cli/command-host.js';
import type { CliContext } from '../../runner/cli/context.js';
import { EXIT } from '../../runner/cli/exit-codes.js';
import { stackFieldsOfFile } from '../../runner/cli/stack-choice.js';
import { DEFAULT_STACK_NAME, type StackFields, UNKNOWN } from '../../runner/cli/stack-fields.js';
import { UserError } from '../../runner/errors.js';
import { workerVariables } from '../../runner/local-cloud/options.js';
import { chooseEmulator } from '../choose-emulator.js';
import type { EmulatorStacks } from '../emulator.js';
import { completeOutputs, readOutputs } from '../outputs-file.js';
import {
  addEmulatorOptions,
  addWorkerOptions,
  askEmulator,
  type EmulatorFlags,
  hostedOutputs,
  nextSteps,
  reportDeleted,
  type WorkerFlags,
} from './shared.js';

type CreateFlags = EmulatorFlags & WorkerFlags;

export function addFleetCommands(parent: Command, { context, finish }: CommandHost, stacks: EmulatorStacks): void {
  const fleet = parent
    .command('fleet')
    .description('Create or delete the fleet of a stack that was deployed to LocalStack.');
  addWorkerOptions(addEmulatorOptions(fleet.command('create')))
    .description(
      [
        'Create a launch template and a Spot Fleet at target 0, and write their ids to the outputs file.',
        'Its instances run the worker of this installation.',
        'A second run finds the same fleet; with other options it replaces it.',
      ].join(' '),
    )
    .addHelpText('after', '\nExample:\n  $ spotpool emulator fleet create --endpoint http://127.0.0.1:4566')
    .action(async (flags: CreateFlags) => finish(await createFleet(context, stacks, flags)));
  addEmulatorOptions(fleet.command('delete'))
    .description('Delete the fleet with its launch template and instances. The outputs file names no fleet then.')
    .addHelpText('after', '\nExample:\n  $ spotpool emulator fleet delete --endpoint http://127.0.0.1:4566')
    .action(async (flags: EmulatorFlags) => finish(await deleteFleet(context, stacks, flags)));
}

async function createFleet(context: CliContext, stacks: EmulatorStacks, flags: CreateFlags): Promise<number> {
  const { terminal, signal, env } = context;
  const file = path.resolve(context.cwd, flags.stack);
  const fields = await deployedFields(context, file);
  const { name = DEFAULT_STACK_NAME, queueUrl = '', bucket, controllerFunction } = fields;
  if (!bucket) throw new UserError(`The stack ${name} in ${file} has no output "Bucket". Deploy it again.`);
  const choice = chooseEmulator(flags.endpoint, fields, env);
  const worker = {
    ...maxLifeVariable(fields),
    ...workerVariables({ ...flags, reclaims: [], maxWorkers: Number(fields.maxWorkers ?? 1) }),
  };
  const request = { name, queueUrl, bucket, worker, controllerFunction };
  const fleetId = await askEmulator(choice.emulator, stacks.createFleet(choice.emulator, request, signal));
  await completeOutputs(file, name, { FleetId: fleetId, ...hostedOutputs(choice) });
  if (flags.json) terminal.out(`${JSON.stringify({ stack: name, fleetId, outputs: file })}\n`);
  else terminal.out(`The fleet ${fleetId} of stack ${name} is at target 0. ${file} names it.\n${nextSteps(flags)}`);
  return EXIT.ok;
}

async function deleteFleet(context: CliContext, stacks: EmulatorStacks, flags: EmulatorFlags): Promise<number> {
  const file = path.resolve(context.cwd, flags.stack);
  const fields = await deployedFields(context, file);
  const { name = DEFAULT_STACK_NAME } = fields;
  const { emulator } = chooseEmulator(flags.endpoint, fields, context.env);
  const request = { name, ...schedulerOf(fields) };
  const deleted = await askEmulator(emulator, stacks.deleteFleet(emulator, request, context.signal));
  await completeOutputs(file, name, { FleetId: UNKNOWN });
  reportDeleted(context.terminal, flags, { stack: name, what: 'fleet', ...deleted });
  return EXIT.ok;
}

async function deployedFields({ env }: CliContext, file: string): Promise<StackFields> {
  const text = await readOutputs(file);
  if (text !== undefined) return stackFieldsOfFile(file, text, env);
  throw new UserError(
    `${file} does not exist. Name the outputs of the deploy with --stack. Without a deploy, run: spotpool emulator stack create`,
  );
}

/** On AWS the user data of the deploy's launch template sets this variable. */
const maxLifeVariable = ({ maxLifeSeconds }: StackFields): Readonly<Record<string, string>> =>
  maxLifeSeconds === undefined ? {} : { SPOTPOOL_MAX_LIFE_SECONDS: String(maxLifeSeconds) };

const schedulerOf = ({ schedulerRoleArn: roleArn, schedulerGroup }: StackFields): Pick<StackConfig, 'scheduler'> =>
  roleArn === undefined ? {} : { scheduler: { roleArn, groupName: schedulerGroup ?? DEFAULT_SCHEDULE_GROUP } };

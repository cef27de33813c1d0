/** `spotpool emulator fleet create | delete`: the fleet of a stack that was deployed to LocalStack, which makes none out of a template. */
import path from 'node:path';
import { DEFAULT_SCHEDULE_GROUP, type StackConfig } from '../../core/contract/stack.js';
import { type Call, type CommandGroup, defineCommand } from '../../runner/cli/command.js';
import type { CliContext } from '../../runner/cli/context.js';
import { EXIT } from '../../runner/cli/exit-codes.js';
import { stackFieldsOfFile } from '../../runner/cli/stack-choice.js';
import { DEFAULT_STACK_NAME, type StackFields, UNKNOWN } from '../../runner/cli/stack-fields.js';
import { UserError } from '../../runner/errors.js';
import { workerVariables } from '../../runner/local-cloud/options.js';
import { chooseEmulator } from '../choose-emulator.js';
import type { EmulatorStacks } from '../emulator.js';
import { completeOutputs, readOutputs } from '../outputs-file.js';
import { askEmulator, emulatorOptions, hostedOutputs, nextSteps, reportDeleted, workerOptions } from './shared.js';

const createOptions = { ...emulatorOptions, ...workerOptions };

type CreateCall = Call<never, typeof createOptions>;
type DeleteCall = Call<never, typeof emulatorOptions>;

export const fleetCommands = (stacks: EmulatorStacks): CommandGroup => ({
  name: 'fleet',
  description: 'Create or delete the fleet of a deployed stack. A deploy to LocalStack creates none.',
  examples: ['spotpool emulator fleet create', 'spotpool emulator fleet delete'],
  commands: [
    defineCommand({
      name: 'create',
      description: [
        'Create a Spot Fleet at target 0 and its launch template.',
        'The outputs file names the fleet then.',
        'The instances run the worker of this installation.',
        'A second run finds the same fleet; with other options it replaces it.',
      ].join(' '),
      args: {},
      options: createOptions,
      examples: ['spotpool emulator fleet create --endpoint http://127.0.0.1:4566'],
      run: async (call) => createFleet(call, stacks),
    }),
    defineCommand({
      name: 'delete',
      description: 'Delete the fleet with its instances and launch template. The outputs file names no fleet then.',
      args: {},
      options: emulatorOptions,
      examples: ['spotpool emulator fleet delete --endpoint http://127.0.0.1:4566'],
      run: async (call) => deleteFleet(call, stacks),
    }),
  ],
});

async function createFleet({ context, options: flags }: CreateCall, stacks: EmulatorStacks): Promise<number> {
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

async function deleteFleet({ context, options: flags }: DeleteCall, stacks: EmulatorStacks): Promise<number> {
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

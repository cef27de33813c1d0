/** `spotpool emulator stack create | delete`: a whole stack on an emulator of AWS, without a deploy. */
import path from 'node:path';
import { InvalidArgumentError } from 'commander';
import { DEFAULT_SCHEDULE_GROUP } from '../../core/contract/stack.js';
import { fieldsOfRecord, outputsOf } from '../../core/contract/stack-fields.js';
import { type Call, type CommandGroup, defineCommand } from '../../runner/cli/command.js';
import { EXIT } from '../../runner/cli/exit-codes.js';
import { localMaxWorkers } from '../../runner/cli/local-options.js';
import { parsed, withDefault } from '../../runner/cli/option-rows.js';
import { DEFAULT_STACK_NAME, stacksInFile } from '../../runner/cli/stack-fields.js';
import { UserError } from '../../runner/errors.js';
import { workerVariables } from '../../runner/local-cloud/options.js';
import { chooseEmulator } from '../choose-emulator.js';
import type { EmulatorStacks } from '../emulator.js';
import { completeOutputs, readOutputs, removeOutputs } from '../outputs-file.js';
import { askEmulator, emulatorOptions, hostedOutputs, nextSteps, reportDeleted, workerOptions } from './shared.js';

/** The bucket's name begins with it: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
const STACK_NAME = /^[a-z0-9](?:[a-z0-9-]{0,53}[a-z0-9])?$/;

function stackName(text: string): string {
  if (STACK_NAME.test(text)) return text;
  throw new InvalidArgumentError('Use at most 55 lower-case letters, digits and hyphens; no hyphen at either end.');
}

const nameOption = {
  name: withDefault(
    parsed('<name>', 'use this name for the stack, and begin the names of its parts with it', stackName),
    DEFAULT_STACK_NAME,
  ),
};
const createOptions = { ...nameOption, ...emulatorOptions, ...workerOptions, ...localMaxWorkers };
const deleteOptions = { ...nameOption, ...emulatorOptions };

type CreateCall = Call<never, typeof createOptions>;
type DeleteCall = Call<never, typeof deleteOptions>;

export const stackCommands = (stacks: EmulatorStacks): CommandGroup => ({
  name: 'stack',
  description: 'Create or delete a whole stack without a deploy. It has queues, a bucket and a fleet.',
  examples: ['spotpool emulator stack create', 'spotpool emulator stack delete'],
  commands: [
    defineCommand({
      name: 'create',
      description: [
        'Create the stack and write its outputs file.',
        'The file is like that of a deploy.',
        'A second run finds the same stack.',
      ].join(' '),
      args: {},
      options: createOptions,
      examples: ['spotpool emulator stack create --endpoint http://127.0.0.1:5000'],
      run: async (call) => createStack(call, stacks),
    }),
    defineCommand({
      name: 'delete',
      description: 'Delete the stack that `create` made, and its outputs. Its messages and objects are deleted too.',
      args: {},
      options: deleteOptions,
      examples: ['spotpool emulator stack delete --endpoint http://127.0.0.1:5000'],
      run: async (call) => deleteStack(call, stacks),
    }),
  ],
});

async function createStack({ context, options: flags }: CreateCall, stacks: EmulatorStacks): Promise<number> {
  const { terminal, signal, env } = context;
  const { name, maxWorkers } = flags;
  const file = path.resolve(context.cwd, flags.stack);
  const existing = stacksInFile((await readOutputs(file)) ?? '{}', file);
  const others = existing.filter((fields) => fields.name !== name);
  if (others.length > 0) {
    const names = others.map((other) => other.name).join(', ');
    throw new UserError(`${file} holds another stack (${names}). Name another file with --stack.`);
  }
  const choice = chooseEmulator(flags.endpoint, existing[0] ?? {}, env);
  const worker = workerVariables({ ...flags, reclaims: [] });
  const request = { name, maxWorkers, worker };
  const created = await askEmulator(choice.emulator, stacks.createStack(choice.emulator, request, signal));
  // hostedOutputs decides which credentials a file may name.
  const { credentials: _credentials, ...stack } = created;
  await completeOutputs(file, name, { ...outputsOf(fieldsOfRecord(stack)), ...hostedOutputs(choice) });
  const { queueUrl, bucket, fleetId } = stack;
  if (flags.json) terminal.out(`${JSON.stringify({ stack: name, fleetId, queueUrl, bucket, outputs: file })}\n`);
  else {
    terminal.out(`The stack ${name} is ready. ${file} holds its outputs.\n`);
    terminal.out(`Queue ${queueUrl}, bucket ${bucket}, fleet ${fleetId} at target 0.\n${nextSteps(flags)}`);
  }
  return EXIT.ok;
}

async function deleteStack({ context, options: flags }: DeleteCall, stacks: EmulatorStacks): Promise<number> {
  const file = path.resolve(context.cwd, flags.stack);
  const text = await readOutputs(file);
  const fields = stacksInFile(text ?? '{}', file).find(({ name }) => name === flags.name) ?? {};
  const { emulator } = chooseEmulator(flags.endpoint, fields, context.env);
  const scheduler = { roleArn: '', groupName: DEFAULT_SCHEDULE_GROUP };
  const request = { name: flags.name, scheduler };
  const deleted = await askEmulator(emulator, stacks.deleteStack(emulator, request, context.signal));
  await removeOutputs(file, flags.name);
  reportDeleted(context.terminal, flags, { stack: flags.name, what: 'stack', ...deleted });
  return EXIT.ok;
}

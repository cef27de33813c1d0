/** `spotpool emulator stack create | delete`: a whole stack on an emulator of AWS, without a deploy. */
import path from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { DEFAULT_SCHEDULE_GROUP } from '../../core/contract/stack.js';
import { fieldsOfRecord, outputsOf } from '../../core/contract/stack-fields.js';
import type { CommandHost } from '../../runner/cli/command-host.js';
import type { CliContext } from '../../runner/cli/context.js';
import { EXIT } from '../../runner/cli/exit-codes.js';
import { MOST_WORKERS } from '../../runner/cli/options.js';
import { DEFAULT_STACK_NAME, stacksInFile } from '../../runner/cli/stack-fields.js';
import { integerBetween } from '../../runner/cli/values.js';
import { UserError } from '../../runner/errors.js';
import { DEFAULT_LOCAL_MAX_WORKERS, workerVariables } from '../../runner/local-cloud/options.js';
import { chooseEmulator } from '../choose-emulator.js';
import type { EmulatorStacks } from '../emulator.js';
import { completeOutputs, readOutputs, removeOutputs } from '../outputs-file.js';
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

interface DeleteFlags extends EmulatorFlags {
  readonly name: string;
}

interface CreateFlags extends DeleteFlags, WorkerFlags {
  readonly maxWorkers: number;
}

export function addStackCommands(parent: Command, { context, finish }: CommandHost, stacks: EmulatorStacks): void {
  const stack = parent
    .command('stack')
    .description('Create or delete a whole stack on an emulator (queues, bucket, fleet) without a deploy.');
  addWorkerOptions(addEmulatorOptions(addNameOption(stack.command('create'))))
    .addOption(
      new Option('--max-workers <n>', 'most instances of its fleet')
        .argParser(integerBetween(1, MOST_WORKERS))
        .default(DEFAULT_LOCAL_MAX_WORKERS),
    )
    .description('Create the stack and write its outputs file, as a deploy does. A second run finds the same stack.')
    .addHelpText('after', '\nExample:\n  $ spotpool emulator stack create --endpoint http://127.0.0.1:5000')
    .action(async (flags: CreateFlags) => finish(await createStack(context, stacks, flags)));
  addEmulatorOptions(addNameOption(stack.command('delete')))
    .description('Delete what `stack create` made, with its messages and objects, and its outputs.')
    .addHelpText('after', '\nExample:\n  $ spotpool emulator stack delete --endpoint http://127.0.0.1:5000')
    .action(async (flags: DeleteFlags) => finish(await deleteStack(context, stacks, flags)));
}

/** The bucket's name begins with it: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
const STACK_NAME = /^[a-z0-9](?:[a-z0-9-]{0,53}[a-z0-9])?$/;

const addNameOption = (command: Command): Command =>
  command.addOption(
    new Option('--name <name>', 'name of the stack; the names of its parts begin with it')
      .argParser(stackName)
      .default(DEFAULT_STACK_NAME),
  );

function stackName(text: string): string {
  if (STACK_NAME.test(text)) return text;
  throw new InvalidArgumentError('Use at most 55 lower-case letters, digits and hyphens; no hyphen at either end.');
}

async function createStack(context: CliContext, stacks: EmulatorStacks, flags: CreateFlags): Promise<number> {
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
  if (flags.json) terminal.out(`${JSON.stringify({ stack: name, fleetId: stack.fleetId, outputs: file })}\n`);
  else {
    const { queueUrl, bucket, fleetId } = stack;
    terminal.out(`The stack ${name} is ready. ${file} holds its outputs.\n`);
    terminal.out(`Queue ${queueUrl}, bucket ${bucket}, fleet ${fleetId} at target 0.\n${nextSteps(flags)}`);
  }
  return EXIT.ok;
}

async function deleteStack(context: CliContext, stacks: EmulatorStacks, flags: DeleteFlags): Promise<number> {
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

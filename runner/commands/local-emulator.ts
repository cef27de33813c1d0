/** `spotpool local fleet | stack create | delete`: what an emulator of AWS needs beyond, or instead of, a deploy. */
import path from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { chooseEmulator, type EmulatorChoice } from '../cli/emulator-choice.js';
import type { CommandHost } from '../cli/command-host.js';
import type { CliContext } from '../cli/context.js';
import { EXIT } from '../cli/exit-codes.js';
import { addJsonOption, MOST_WORKERS } from '../cli/options.js';
import { completeOutputs, type Outputs, readOutputs, removeOutputs } from '../cli/outputs-file.js';
import { CDK_OUTPUTS_FILE, stackFieldsOfFile } from '../cli/stack-choice.js';
import { DEFAULT_STACK_NAME, type StackFields, stacksInFile, UNKNOWN } from '../cli/stack-fields.js';
import { integerBetween } from '../cli/values.js';
import { DEFAULT_SCHEDULE_GROUP, type StackConfig } from '../../core/contract/stack.js';
import { fieldsOfRecord, outputsOf } from '../../core/contract/stack-fields.js';
import { plural } from '../display/format.js';
import { isNetworkFailure, messageOf, UserError } from '../errors.js';
import type { Emulator } from '../local-cloud/emulator.js';
import { DEFAULT_LOCAL_MAX_WORKERS, workerVariables } from '../local-cloud/options.js';

interface Flags {
  readonly endpoint?: string;
  readonly stack: string;
  readonly json?: boolean;
}

interface CreateFlags extends Flags {
  readonly leaseSeconds?: number;
  readonly maxIdleSeconds?: number;
}

interface StackFlags extends CreateFlags {
  readonly name: string;
  readonly maxWorkers: number;
}

export function addLocalEmulatorCommands(local: Command, host: CommandHost): void {
  const { context, finish } = host;
  const fleet = local
    .command('fleet')
    .description('A fleet for a stack that was deployed to an emulator of AWS (LocalStack), which keeps none.');
  withWorkerOptions(withEmulatorOptions(fleet.command('create')))
    .description(
      'Make a launch template and a Spot Fleet at target 0 there, whose instances run the worker of this installation, and name them in the outputs. Again, it finds them; with other options, it replaces them.',
    )
    .addHelpText('after', '\nExample:\n  $ spotpool local fleet create --endpoint http://127.0.0.1:4566')
    .action(async (flags: CreateFlags) => finish(await createFleet(context, flags)));
  withEmulatorOptions(fleet.command('delete'))
    .description('Delete them, with all instances; the outputs name no fleet then.')
    .addHelpText('after', '\nExample:\n  $ spotpool local fleet delete --endpoint http://127.0.0.1:4566')
    .action(async (flags: Flags) => finish(await deleteFleet(context, flags)));
  const stack = local
    .command('stack')
    .description('A whole stack on an emulator of AWS without any deploy: queues, bucket, fleet.');
  withWorkerOptions(withEmulatorOptions(withName(stack.command('create'))))
    .addOption(
      new Option('--max-workers <n>', 'most instances of its fleet')
        .argParser(integerBetween(1, MOST_WORKERS))
        .default(DEFAULT_LOCAL_MAX_WORKERS),
    )
    .description('Make it, and write its outputs, as a deploy does. Again, it finds what is there.')
    .addHelpText('after', '\nExample:\n  $ spotpool local stack create --endpoint http://127.0.0.1:5000')
    .action(async (flags: StackFlags) => finish(await createStack(context, flags)));
  withEmulatorOptions(withName(stack.command('delete')))
    .description('Delete what `stack create` made, with all that is in it, and its outputs.')
    .addHelpText('after', '\nExample:\n  $ spotpool local stack delete --endpoint http://127.0.0.1:5000')
    .action(async (flags: StackFlags) => finish(await deleteStack(context, flags)));
}

/** A bucket's name begins with it: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
const STACK_NAME = /^[a-z0-9](?:[a-z0-9-]{0,53}[a-z0-9])?$/;

const withName = (command: Command): Command =>
  command.addOption(
    new Option('--name <name>', 'its name, with which those of its parts begin')
      .argParser(stackName)
      .default(DEFAULT_STACK_NAME),
  );

function stackName(text: string): string {
  if (STACK_NAME.test(text)) return text;
  throw new InvalidArgumentError('It must be of lower-case letters, digits and hyphens, 55 at most.');
}

const withEmulatorOptions = (command: Command): Command =>
  addJsonOption(
    command
      .option('--endpoint <url>', "the emulator's (default: the outputs', or AWS_ENDPOINT_URL)")
      .option('--stack <file>', 'the outputs, read and completed', CDK_OUTPUTS_FILE),
  );

const withWorkerOptions = (command: Command): Command =>
  command
    .addOption(
      new Option('--lease-seconds <n>', 'length of the lease that workers take').argParser(integerBetween(1, 43_200)),
    )
    .addOption(
      new Option('--max-idle-seconds <n>', 'a worker without work ends its instance after it').argParser(
        integerBetween(1, 86_400),
      ),
    );

async function createFleet(context: CliContext, flags: CreateFlags): Promise<number> {
  const { terminal, signal, env } = context;
  const file = path.resolve(context.cwd, flags.stack);
  const fields = await deployedFields(context, file);
  const { name = DEFAULT_STACK_NAME, queueUrl = '', bucket, controllerFunction } = fields;
  if (!bucket) throw new UserError(`The stack ${name} in ${file} lacks its Bucket: deploy it again.`);
  const choice = chooseEmulator(flags.endpoint, fields, env);
  const worker = {
    ...lifeOf(fields),
    ...workerVariables({ ...flags, reclaims: [], maxWorkers: Number(fields.maxWorkers ?? 1) }),
  };
  const request = { name, queueUrl, bucket, worker, controllerFunction };
  const fleetId = await asked(choice.emulator, context.emulator.createFleet(choice.emulator, request, signal));
  await completeOutputs(file, name, { FleetId: fleetId, ...hostedOutputs(choice) });
  if (flags.json) terminal.out(`${JSON.stringify({ stack: name, fleetId, outputs: file })}\n`);
  else terminal.out(`The fleet ${fleetId} of ${name} is there, at target 0; ${file} names it.\n${nextSteps(flags)}`);
  return EXIT.ok;
}

async function deleteFleet(context: CliContext, flags: Flags): Promise<number> {
  const file = path.resolve(context.cwd, flags.stack);
  const fields = await deployedFields(context, file);
  const { name = DEFAULT_STACK_NAME } = fields;
  const { emulator } = chooseEmulator(flags.endpoint, fields, context.env);
  const request = { name, ...schedulerOf(fields) };
  const deleted = await asked(emulator, context.emulator.deleteFleet(emulator, request, context.signal));
  await completeOutputs(file, name, { FleetId: UNKNOWN });
  tellDeleted(context, flags, { stack: name, what: 'fleet', ...deleted });
  return EXIT.ok;
}

async function createStack(context: CliContext, flags: StackFlags): Promise<number> {
  const { terminal, signal, env } = context;
  const { name, maxWorkers } = flags;
  const file = path.resolve(context.cwd, flags.stack);
  const there = stacksInFile((await readOutputs(file)) ?? '{}', file);
  const others = there.filter((fields) => fields.name !== name);
  if (others.length > 0) {
    const names = others.map((other) => other.name).join(', ');
    throw new UserError(`${file} has another stack already (${names}): name another file with --stack.`);
  }
  const choice = chooseEmulator(flags.endpoint, there[0] ?? {}, env);
  const worker = workerVariables({ ...flags, reclaims: [] });
  const request = { name, maxWorkers, worker };
  const created = await asked(choice.emulator, context.emulator.createStack(choice.emulator, request, signal));
  // hostedOutputs decides which credentials a file may name.
  const { credentials: _credentials, ...stack } = created;
  await completeOutputs(file, name, { ...outputsOf(fieldsOfRecord(stack)), ...hostedOutputs(choice) });
  if (flags.json) terminal.out(`${JSON.stringify({ stack: name, fleetId: stack.fleetId, outputs: file })}\n`);
  else {
    const { queueUrl, bucket, fleetId } = stack;
    terminal.out(`The stack ${name} is there; ${file} names it.\n`);
    terminal.out(`Queue ${queueUrl}, bucket ${bucket}, fleet ${fleetId} at target 0.\n${nextSteps(flags)}`);
  }
  return EXIT.ok;
}

async function deleteStack(context: CliContext, flags: StackFlags): Promise<number> {
  const file = path.resolve(context.cwd, flags.stack);
  const text = await readOutputs(file);
  const fields = stacksInFile(text ?? '{}', file).find(({ name }) => name === flags.name) ?? {};
  const { emulator } = chooseEmulator(flags.endpoint, fields, context.env);
  const scheduler = { roleArn: '', groupName: DEFAULT_SCHEDULE_GROUP };
  const request = { name: flags.name, scheduler };
  const deleted = await asked(emulator, context.emulator.deleteStack(emulator, request, context.signal));
  await removeOutputs(file, flags.name);
  tellDeleted(context, flags, { stack: flags.name, what: 'stack', ...deleted });
  return EXIT.ok;
}

/** Of an emulator that does not answer there is another thing to say than of AWS. */
async function asked<T>({ endpoint }: Emulator, answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (!isNetworkFailure(error)) throw error;
    throw new UserError(
      `No emulator answers at ${endpoint} (${messageOf(error)}): start it there, or name another endpoint (--endpoint). What was done stays: give the command again.`,
    );
  }
}

async function deployedFields({ env }: CliContext, file: string): Promise<StackFields> {
  const text = await readOutputs(file);
  if (text !== undefined) return stackFieldsOfFile(file, text, env);
  throw new UserError(
    `${file} is not there: name the outputs of the deploy with --stack, or, without a deploy: spotpool local stack create`,
  );
}

/** What the deploy knows of its instances' lives, which their user data would have told them. */
const lifeOf = ({ maxLifeSeconds }: StackFields): Readonly<Record<string, string>> =>
  maxLifeSeconds === undefined ? {} : { SPOTPOOL_MAX_LIFE_SECONDS: String(maxLifeSeconds) };

const schedulerOf = ({ schedulerRoleArn: roleArn, schedulerGroup }: StackFields): Pick<StackConfig, 'scheduler'> =>
  roleArn === undefined ? {} : { scheduler: { roleArn, groupName: schedulerGroup ?? DEFAULT_SCHEDULE_GROUP } };

/** Instances are processes of this machine, whatever the deploy was for, and run the worker that is installed on it. */
function hostedOutputs({ emulator, usualCredentials }: EmulatorChoice): Outputs {
  const { credentials, ...reached } = emulator;
  return outputsOf({
    ...reached,
    installedWorker: 'true',
    architecture: process.arch === 'arm64' ? 'arm64' : 'x86_64',
    // Others are secrets of whoever gave them, and given again.
    ...(usualCredentials ? credentials : {}),
  });
}

function nextSteps({ stack }: Flags): string {
  const named = stack === CDK_OUTPUTS_FILE ? '' : ` --stack ${stack}`;
  return `Give its instances processes:  spotpool local host${named}\nThen:  spotpool submit <dataset> --model <model>${named}\n`;
}

function tellDeleted(
  { terminal }: CliContext,
  { json }: Flags,
  deleted: {
    readonly stack: string;
    readonly what: 'fleet' | 'stack';
    readonly fleetId: string | undefined;
    readonly ended: readonly string[];
  },
): void {
  const { stack, what, fleetId, ended } = deleted;
  if (json) {
    terminal.out(`${JSON.stringify({ stack, fleetId: fleetId ?? null, ended })}\n`);
    return;
  }
  const fleet = fleetId === undefined ? 'It had no fleet' : `Its fleet was ${fleetId}`;
  const gone = what === 'fleet' ? `The fleet of the stack ${stack}` : `The stack ${stack}`;
  terminal.out(`${gone} is gone. ${fleet}; ${plural(ended.length, 'instance')} ended with it.\n`);
}

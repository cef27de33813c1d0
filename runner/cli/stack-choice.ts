/**
 * Chooses the stack that a command talks to, in this order: `--local` or `--stack FILE`, the environment when SPOTPOOL_QUEUE_URL is set,
 * `cdk-outputs.json` in the working directory.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { StackConfig } from '../../core/contract/stack.js';
import { REQUIRED_FIELDS, type StackFieldName, variableOf } from '../../core/contract/stack-fields.js';
import { StackNotFound, UserError } from '../errors.js';
import { readLocalState } from '../local-cloud/state-file.js';
import { stateDirectory } from '../local-cloud/paths.js';
import { stackFromEnvironment, stackFromFields, type StackFields, stacksInFile } from './stack-fields.js';

export interface StackChoice {
  readonly local?: boolean;
  readonly stack?: string;
}

export interface Surroundings {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
}

export interface ChosenStack {
  readonly config: StackConfig;
  /** Tells people where the configuration came from. */
  readonly source: string;
}

export const CDK_OUTPUTS_FILE = 'cdk-outputs.json';

export const NO_LOCAL_CLOUD = 'No local cloud is up. Start one with: spotpool local up';

export async function chooseStack(choice: StackChoice, { env, cwd }: Surroundings): Promise<ChosenStack> {
  if (choice.local && choice.stack !== undefined) {
    throw new UserError('--local and --stack exclude each other: name one stack.');
  }
  if (choice.local) {
    const state = await readLocalState(stateDirectory(env));
    if (state === undefined) throw new StackNotFound(NO_LOCAL_CLOUD);
    return { config: state, source: 'the local cloud that is up' };
  }
  if (choice.stack !== undefined) {
    const file = path.resolve(cwd, choice.stack);
    return { config: stackOfFile(file, await readStackFile(file, choice.stack), env), source: choice.stack };
  }
  if (env['SPOTPOOL_QUEUE_URL']) {
    return { config: stackFromEnvironment(env), source: 'the environment' };
  }
  const outputs = path.join(cwd, CDK_OUTPUTS_FILE);
  const text = await readFile(outputs, 'utf8').catch(() => undefined);
  if (text !== undefined) return { config: stackOfFile(outputs, text, env), source: outputs };
  throw new StackNotFound(await noStackMessage(env));
}

/** Returns the stack that the options, the environment or the working directory name, for a command that needs none. The local cloud is none. */
export async function configuredStack(
  choice: StackChoice,
  surroundings: Surroundings,
): Promise<StackConfig | undefined> {
  if (choice.local) return undefined;
  const { env, cwd } = surroundings;
  const isNamed = choice.stack !== undefined || Boolean(env['SPOTPOOL_QUEUE_URL']);
  if (!isNamed && !existsSync(path.join(cwd, CDK_OUTPUTS_FILE))) return undefined;
  return (await chooseStack(choice, surroundings)).config;
}

async function readStackFile(file: string, given: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new UserError(`Could not read the file of --stack ${given}: ${(error as Error).message}`);
  }
}

const stackOfFile = (file: string, text: string, env: NodeJS.ProcessEnv): StackConfig =>
  stackFromFields(stackFieldsOfFile(file, text, env), file, env);

/** Finds the one stack of a file, or the one that SPOTPOOL_STACK names. */
export function stackFieldsOfFile(file: string, text: string, env: NodeJS.ProcessEnv): StackFields {
  const stacks = stacksInFile(text, file);
  const wanted = env['SPOTPOOL_STACK'];
  const named = wanted === undefined ? stacks : stacks.filter((stack) => stack.name === wanted);
  const [only, ...more] = named;
  if (only === undefined && wanted !== undefined && stacks.length > 0) {
    throw new StackNotFound(`${file} holds no stack ${wanted} (SPOTPOOL_STACK); it holds ${namesOf(stacks)}.`);
  }
  if (only === undefined) {
    throw new StackNotFound(`${file} holds no spotpool stack: no stack in it has an output QueueUrl.`);
  }
  if (more.length > 0) {
    throw new UserError(`${file} holds several stacks (${namesOf(stacks)}): name one with SPOTPOOL_STACK.`);
  }
  return only;
}

const namesOf = (stacks: readonly StackFields[]): string => stacks.map((stack) => stack.name ?? '?').join(', ');

const variablesOf = (fields: readonly StackFieldName[]): string =>
  fields.flatMap((field) => variableOf(field) ?? []).join(', ');

async function noStackMessage(env: NodeJS.ProcessEnv): Promise<string> {
  const local = await readLocalState(stateDirectory(env));
  return [
    'No stack is named. Name one in one of these ways:',
    `  --local        ${local === undefined ? 'a local cloud (start one with: spotpool local up)' : 'the local cloud that is up now'}`,
    `  --stack FILE   the outputs of a deployed stack, or what "spotpool local up --json" printed`,
    `  ${CDK_OUTPUTS_FILE} in the working directory (written by: cdk deploy --outputs-file ${CDK_OUTPUTS_FILE})`,
    `  environment    ${variablesOf(REQUIRED_FIELDS)}`,
    `                 and ${variableOf('schedulerRoleArn')}, without which no command may raise the fleet`,
    '                 (docs/reference/configuration.md lists the optional ones)',
  ].join('\n');
}

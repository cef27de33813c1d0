/** `spotpool predeploy`: whether a `cdk deploy` now would take a fleet away that is at work. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Command } from 'commander';
import { type CloudFormationTemplate, fleetReplacements } from '../../core/pool/fleet-replacement.js';
import { EXIT } from '../cli/exit-codes.js';
import type { CommandHost } from '../cli/command-host.js';
import type { CliContext, StackPorts } from '../cli/context.js';
import { addJsonOption, addStackOptions, type StackFlags } from '../cli/options.js';
import { liveInstances } from '../controller/observe/read-fleet.js';
import { plural } from '../display/format.js';
import { FleetMissing, UserError } from '../errors.js';
import type { DeployedStack } from '../ports.js';
import { listJobs } from '../status/job-status.js';
import { hasEnded } from './following/follow.js';
import { openStack } from './open-stack.js';

interface Flags extends StackFlags {
  readonly json?: boolean;
  readonly output: string;
}

/** Where `cdk synth` writes unless told otherwise. */
const SYNTH_DIRECTORY = 'cdk.out';

export function addPredeployCommand(program: Command, host: CommandHost): void {
  const command = program
    .command('predeploy')
    .description(
      'Refuse a deploy that would replace the fleet while it is at work; compares cdk.out with what is deployed.',
    )
    .option('--output <dir>', 'where "cdk synth" wrote the template', SYNTH_DIRECTORY)
    .addHelpText('after', '\nExamples:\n  $ npx cdk synth --quiet && npx spotpool predeploy && npx cdk deploy');
  addJsonOption(addStackOptions(command)).action(async (flags: Flags) =>
    host.finish(await predeploy(host.context, flags)),
  );
}

async function predeploy(context: CliContext, flags: Flags): Promise<number> {
  const { cwd, terminal, signal } = context;
  const ports = await openStack(context, flags);
  if (ports.deployed === undefined) {
    throw new UserError(
      `The stack ${ports.config.name} names no CloudFormation stack of its own (the output StackId): there is nothing to compare with.`,
    );
  }
  const next = await readSynthesised(path.resolve(cwd, flags.output), ports.deployed);
  const changes = fleetReplacements(JSON.parse(await ports.deployed.template(signal)) as CloudFormationTemplate, next);
  const atWork = changes.length === 0 ? [] : await workOf(ports, signal);
  const refused = changes.length > 0 && atWork.length > 0;
  if (flags.json) terminal.out(`${JSON.stringify({ replacesFleet: changes, atWork, ok: !refused })}\n`);
  else if (refused) terminal.err(`${refusal(changes, atWork)}\n`);
  else terminal.out(`${verdict(changes)}\n`);
  return refused ? EXIT.failed : EXIT.ok;
}

async function readSynthesised(directory: string, { id }: DeployedStack): Promise<CloudFormationTemplate> {
  // arn:aws:cloudformation:<region>:<account>:stack/<name>/<uuid>
  const file = path.join(directory, `${id.split('/')[1]}.template.json`);
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) throw new UserError(`There is no ${file}. Make it first: npx cdk synth --quiet`);
  return JSON.parse(text) as CloudFormationTemplate;
}

/** What a replacement would cut off; nothing when the fleet is parked. */
async function workOf({ fleet, store }: StackPorts, signal: AbortSignal): Promise<readonly string[]> {
  const jobs = (await listJobs(store, signal)).filter((job) => !hasEnded(job)).map(({ job }) => `job ${job}`);
  try {
    const description = await fleet.describe(signal);
    const live = liveInstances(description).length;
    const instances = live === 0 ? [] : [plural(live, 'instance')];
    return [...instances, ...jobs];
  } catch (error) {
    if (error instanceof FleetMissing) return jobs;
    throw error;
  }
}

const refusal = (changes: readonly string[], atWork: readonly string[]): string =>
  [
    `Not now: this deploy would replace the fleet, which is at work (${atWork.join(', ')}):`,
    ...changes.map((change) => `  ${change}`),
    'Wait until nothing runs (spotpool watch <job>), or cancel what does; then deploy.',
  ].join('\n');

const verdict = (changes: readonly string[]): string =>
  changes.length === 0
    ? 'This deploy leaves the fleet alone.'
    : `This deploy replaces the fleet (${changes.join('; ')}). Nothing runs: go on.`;

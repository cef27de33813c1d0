/** `spotpool predeploy` reports whether a `cdk deploy` now would replace a fleet that is at work. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { type CloudFormationTemplate, fleetReplacements } from '../../core/pool/fleet-replacement.js';
import { defineStackCommand, type StackCall } from '../cli/command.js';
import { EXIT } from '../cli/exit-codes.js';
import { text, withDefault } from '../cli/option-rows.js';
import type { StackPorts } from '../cli/context.js';
import { liveInstances } from '../controller/observe/read-fleet.js';
import { plural } from '../display/format.js';
import { FleetMissing, UserError } from '../errors.js';
import type { DeployedStack } from '../ports.js';
import { listJobs } from '../status/job-status.js';
import { hasEnded } from '../status/job-state.js';

/** `cdk synth` writes to this directory by default. */
const SYNTH_DIRECTORY = 'cdk.out';

const predeployOptions = {
  output: withDefault(text('<dir>', 'read the template that "cdk synth" wrote to this directory'), SYNTH_DIRECTORY),
};

export const predeployCommand = defineStackCommand({
  name: 'predeploy',
  description:
    'Refuse a deploy that would replace a busy fleet. The command compares the template in cdk.out with the deployed one.',
  args: {},
  options: predeployOptions,
  examples: ['npx cdk synth --quiet && npx spotpool predeploy && npx cdk deploy'],
  run: predeploy,
});

async function predeploy({ context, ports, options }: StackCall<never, typeof predeployOptions>): Promise<number> {
  const { cwd, terminal, signal } = context;
  if (ports.deployed === undefined) {
    throw new UserError(
      `The stack ${ports.config.name} has no output StackId, so it has no CloudFormation stack of its own to compare with.`,
    );
  }
  const next = await readSynthesised(path.resolve(cwd, options.output), ports.deployed);
  const changes = fleetReplacements(JSON.parse(await ports.deployed.template(signal)) as CloudFormationTemplate, next);
  const atWork = changes.length === 0 ? [] : await workOf(ports, signal);
  const refused = changes.length > 0 && atWork.length > 0;
  if (options.json) terminal.out(`${JSON.stringify({ replacesFleet: changes, atWork, ok: !refused })}\n`);
  else if (refused) terminal.err(`${refusal(changes, atWork)}\n`);
  else terminal.out(`${verdict(changes)}\n`);
  return refused ? EXIT.failed : EXIT.ok;
}

async function readSynthesised(directory: string, { id }: DeployedStack): Promise<CloudFormationTemplate> {
  // arn:aws:cloudformation:<region>:<account>:stack/<name>/<uuid>
  const file = path.join(directory, `${id.split('/')[1]}.template.json`);
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined)
    throw new UserError(`The template ${file} does not exist. Make it first: npx cdk synth --quiet`);
  return JSON.parse(text) as CloudFormationTemplate;
}

/** Returns the work that a replacement would cut off; nothing when the fleet is parked. */
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
    `Do not deploy now: it would replace the fleet, which is at work (${atWork.join(', ')}):`,
    ...changes.map((change) => `  ${change}`),
    'Wait until nothing runs (spotpool watch <job>), or cancel the jobs; then deploy.',
  ].join('\n');

const verdict = (changes: readonly string[]): string =>
  changes.length === 0
    ? 'This deploy leaves the fleet alone.'
    : `This deploy replaces the fleet (${changes.join('; ')}). Nothing runs, so you can deploy.`;

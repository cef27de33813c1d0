/** `spotpool teardown` ends a pool, and proves that nothing runs any more. */
import { definedFields } from '../../core/defined-fields.js';
import { defineStackCommand, type StackCall } from '../cli/command.js';
import { EXIT } from '../cli/exit-codes.js';
import { parsed, toggle, withDefault } from '../cli/option-rows.js';
import { duration } from '../cli/values.js';
import type { CliContext, StackPorts } from '../cli/context.js';
import { liveInstances } from '../controller/observe/read-fleet.js';
import { jsonDisplay } from '../display/json.js';
import { plainDisplay } from '../display/plain.js';
import { count, plural } from '../display/format.js';
import { CommandFailed, FleetMissing, noteFailure, UserError } from '../errors.js';
import type { StackStanding } from '../ports.js';
import { listJobs } from '../status/job-status.js';
import { writeTeardownMark } from '../teardown/mark.js';
import type { Reached } from '../teardown/context.js';
import { type Retained, retainedSentence } from '../teardown/retained.js';
import { tearDown } from '../teardown/tear-down.js';
import { hasEnded } from '../status/job-state.js';
import { stackArguments } from './advice/command-lines.js';

/** Idle workers check every few seconds whether they may end. A longer wait does not end busy workers sooner. */
const DEFAULT_GRACE_MS = 30_000;

const teardownOptions = {
  yes: toggle('take the stack down without asking'),
  undo: toggle('open a pool again whose teardown was broken off'),
  grace: withDefault(
    parsed('<duration>', 'give idle workers this long to end themselves', duration),
    DEFAULT_GRACE_MS,
    '30s',
  ),
};

type TeardownCall = StackCall<never, typeof teardownOptions>;

export const teardownCommand = defineStackCommand({
  name: 'teardown',
  description:
    'Take a stack down, also while jobs run. The command sets the target to 0, ends the instances, waits until EC2 shows none, and deletes the stack.',
  args: {},
  options: teardownOptions,
  examples: [
    'spotpool teardown                    asks, then takes down the stack that cdk-outputs.json names',
    'spotpool teardown --yes --json       for scripts: ends with one JSON object',
    'spotpool teardown --undo             opens the pool again after a teardown that was broken off',
  ],
  run: async (call) => (call.options.undo ? undo(call) : teardown(call)),
});

async function teardown({ context, ports, options }: TeardownCall): Promise<number> {
  const { clock, terminal, user, signal } = context;
  const standing = await ports.deployed?.describe(signal);
  refuse(standing);
  if (!options.yes) await requireAgreement(context, ports, standing);
  const display = (options.json ? jsonDisplay : plainDisplay)(terminal, () => clock.nowMs());
  let reached: Reached = 'nothing';
  try {
    const retained = await tearDown(
      { ...ports, clock },
      { stack: ports.config, by: user, graceMs: options.grace, standing },
      {
        signal,
        onReached: (step) => (reached = step),
        report: (event) => display.show({ event: 'happened', ...event, at: new Date(clock.nowMs()).toISOString() }),
      },
    );
    if (options.json) terminal.out(`${JSON.stringify(resultOf(ports, retained))}\n`);
    else terminal.out(`${endLines(ports, retained, stackArguments(options)).join('\n')}\n`);
    return EXIT.ok;
  } catch (error) {
    const hint = interruptionLines(reached, stackArguments(options)).join('\n');
    noteFailure(error, { hint });
    terminal.err(`${hint}\n`);
    throw error;
  }
}

/** Refuses a teardown that cannot work, before anything is ended. */
function refuse(standing: StackStanding | undefined): void {
  if (standing?.isProtected === true && standing.state !== 'deleted') {
    throw new Error(
      'The stack has termination protection, so CloudFormation would refuse to delete it. Remove the protection first: ' +
        'aws cloudformation update-termination-protection --no-enable-termination-protection --stack-name <name>',
    );
  }
  if (standing?.state === 'busy') {
    throw new Error('A deploy of the stack is under way. Wait until it has ended, then run this command again.');
  }
}

async function requireAgreement(
  { terminal, confirm, signal }: CliContext,
  ports: StackPorts,
  standing: StackStanding | undefined,
): Promise<void> {
  for (const line of await askLines(ports, standing, signal)) terminal.err(`${line}\n`);
  const answer = await confirm('Go on?');
  if (answer === undefined)
    throw new UserError('There is no terminal for the question whether to go on. Add --yes to take the stack down.');
  if (!answer) throw new CommandFailed('declined', 'Nothing was changed.');
}

async function askLines(
  { config, fleet, store, deployed }: StackPorts,
  standing: StackStanding | undefined,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const name = `Stack ${config.name} in ${config.region}`;
  if (standing?.state === 'deleted')
    return [`${name} is deleted already. This command checks whether any of its instances is left.`];
  const jobs = (await listJobs(store, signal)).filter((job) => !hasEnded(job));
  const description = await fleet.describe(signal).catch((error: unknown) => {
    if (error instanceof FleetMissing) return undefined;
    throw error;
  });
  const live = description === undefined ? 0 : liveInstances(description).length;
  const gone =
    deployed === undefined ? '' : ' Their queue is deleted with the stack, so their other batches are never computed.';
  return [
    `${name}: target ${description?.target ?? 0}, ${plural(live, 'live instance')}.`,
    ...jobs.map(
      ({ job, batches }) => `  job ${job}: ${count(batches.done)} of ${plural(batches.total, 'batch', 'batches')} done`,
    ),
    ...(jobs.length > 0 ? [`The results of these jobs stay in the bucket.${gone}`] : []),
    `This sets the target to 0, ends the instances${deployed === undefined ? '' : ', and deletes the stack'}. The bucket stays.`,
  ];
}

const resultOf = ({ config, deployed }: StackPorts, retained: Retained | undefined) => ({
  stack: config.name,
  bucket: config.bucket,
  instancesLeft: 0,
  stackDeleted: deployed !== undefined,
  ...definedFields({ retained }),
});

function endLines({ config, deployed }: StackPorts, retained: Retained | undefined, where: string): readonly string[] {
  const stays = retained === undefined ? `The bucket ${config.bucket} stays.` : retainedSentence(retained);
  if (deployed !== undefined) return ['Nothing of the stack runs or costs any more.', stays];
  return [
    'Nothing runs any more. No CloudFormation stack was deleted, because this pool has no output StackId.',
    'To delete a pool that is part of your own CDK app: npx cdk destroy. To end a local cloud: spotpool local down',
    `To open the pool again: spotpool teardown --undo${where}`,
    stays,
  ];
}

/** After an interruption or a failure, these lines describe the state and how to go on. */
function interruptionLines(reached: Reached, where: string): readonly string[] {
  const again = `To go on: spotpool teardown${where}`;
  const open = `To open the pool again instead: spotpool teardown --undo${where}`;
  switch (reached) {
    case 'nothing':
      return ['The teardown ended before anything was changed.'];
    case 'closed':
      return ['The pool is closed, but its target may not be 0 yet: instances may run, and cost.', again, open];
    case 'lowered':
      return [
        'The pool is closed and its target is 0. Instances that are busy may go on running, and cost.',
        again,
        open,
      ];
    case 'ended':
      return [
        'No instance is left, and none will start. The stack is still there, and costs next to nothing.',
        again,
        open,
      ];
    case 'deleting':
      return ['No instance is left. CloudFormation continues to delete the stack by itself.', again];
    case 'deleted':
      return ['The stack is deleted, and no instance is left.'];
  }
}

async function undo({ context, ports: { store, config }, options }: TeardownCall): Promise<number> {
  const { clock, terminal, signal } = context;
  const at = new Date(clock.nowMs()).toISOString();
  await writeTeardownMark(store, undefined, { at, signal });
  if (options.json) terminal.out(`${JSON.stringify({ stack: config.name, open: true })}\n`);
  else terminal.out(`The pool ${config.name} is open again. Controllers raise its fleet while work is left.\n`);
  return EXIT.ok;
}

/** The real commands `spotpool cancel` and `spotpool resume`, each given again when it fails. */
import { cancelCommand } from '../../../runner/commands/cancel.js';
import { resumeCommand } from '../../../runner/commands/resume.js';
import type { CliContext, StackPorts } from '../../../runner/cli/context.js';
import { UserError } from '../../../runner/errors.js';
import { RecordingTerminal } from '../../support/recording-terminal.js';
import type { SimulatedJob } from '../jobs.js';
import { SimulatedProcess } from '../process.js';
import type { Random } from '../random.js';
import type { World } from '../world/world.js';
import { controllerPorts } from './controller.js';

const AGAIN_MOST_MS = 30_000;
const TRIES = 3;
const COMMANDS = { cancel: cancelCommand, resume: resumeCommand };

export function giveCommand(world: World, random: Random, job: SimulatedJob, name: keyof typeof COMMANDS): void {
  if (name === 'cancel') job.isCancelled = true;
  let tries = 0;
  const again = (): void => {
    tries += 1;
    const process = new SimulatedProcess('user', `${name}-${world.commands++}`, world.clock, world.random);
    world.submits.add(process);
    const later = (): void => {
      world.submits.delete(process);
      if (tries < TRIES) world.clock.after(random.next() * AGAIN_MOST_MS, undefined, again);
    };
    process.onKilled = later;
    run(world, process, job, name).then(
      (exitCode) => {
        world.submits.delete(process);
        if (exitCode === 0) world.did(`${name}-done`);
      },
      (error: unknown) => {
        // The job is not there yet.
        if (error instanceof UserError) world.submits.delete(process);
        else later();
      },
    );
  };
  again();
}

async function run(
  world: World,
  process: SimulatedProcess,
  { job }: SimulatedJob,
  name: keyof typeof COMMANDS,
): Promise<number> {
  const { signal } = new AbortController();
  const config = { name: 'pool', maxWorkers: world.settings.maxWorkers, installedWorker: true, controlled: true };
  const ports = { ...controllerPorts(world, process), config };
  const context: Partial<CliContext> = {
    terminal: new RecordingTerminal(),
    clock: process.clock,
    user: 'someone',
    signal,
    env: STACK,
    connect: () => ports as unknown as StackPorts,
  };
  // The commands use no more of their context and of the stack.
  return COMMANDS[name].run({
    context: context as CliContext,
    args: { job },
    words: [job],
    options: { json: false },
    rawArguments: [job],
  });
}

/** The stack is named by the environment, so that no file is read. */
const STACK = {
  SPOTPOOL_QUEUE_URL: 'http://127.0.0.1/queue',
  SPOTPOOL_DEAD_LETTER_QUEUE_URL: 'http://127.0.0.1/dead',
  SPOTPOOL_BUCKET: 'bucket',
  SPOTPOOL_FLEET_ID: 'fleet-1',
  SPOTPOOL_MAX_WORKERS: '1',
  AWS_REGION: 'us-east-1',
};

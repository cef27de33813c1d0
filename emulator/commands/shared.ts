/** The options, outputs and messages that the commands `fleet` and `stack` share. */
import { type Command, Option } from 'commander';
import { outputsOf } from '../../core/contract/stack-fields.js';
import { addJsonOption } from '../../runner/cli/options.js';
import { CDK_OUTPUTS_FILE } from '../../runner/cli/stack-choice.js';
import { integerBetween } from '../../runner/cli/values.js';
import { plural } from '../../runner/display/format.js';
import type { Terminal } from '../../runner/display/terminal.js';
import { isNetworkFailure, messageOf, UserError } from '../../runner/errors.js';
import type { EmulatorChoice } from '../choose-emulator.js';
import type { DeletedFleet, Emulator } from '../emulator.js';
import type { Outputs } from '../outputs-file.js';

export interface EmulatorFlags {
  readonly endpoint?: string;
  readonly stack: string;
  readonly json?: boolean;
}

export interface WorkerFlags {
  readonly leaseSeconds?: number;
  readonly maxIdleSeconds?: number;
}

export const addEmulatorOptions = (command: Command): Command =>
  addJsonOption(
    command
      .option('--endpoint <url>', "the emulator's endpoint (default: the outputs', or AWS_ENDPOINT_URL)")
      .option('--stack <file>', 'the outputs file to read and complete', CDK_OUTPUTS_FILE),
  );

export const addWorkerOptions = (command: Command): Command =>
  command
    .addOption(
      new Option('--lease-seconds <n>', 'length of a lease that workers take').argParser(integerBetween(1, 43_200)),
    )
    .addOption(
      new Option('--max-idle-seconds <n>', 'end an instance whose worker had no work for this long').argParser(
        integerBetween(1, 86_400),
      ),
    );

/** The program's usual advice on network failures is about AWS, so the failures of an emulator get their own. */
export async function askEmulator<T>({ endpoint }: Emulator, answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (!isNetworkFailure(error)) throw error;
    throw new UserError(
      `No emulator answers at ${endpoint} (${messageOf(error)}). Start it there, or name another endpoint (--endpoint). What this command did so far stays; run it again.`,
    );
  }
}

/** The outputs that a deploy cannot know: instances are processes of this machine, and run the worker that is installed on it. */
export function hostedOutputs({ emulator, usualCredentials }: EmulatorChoice): Outputs {
  const { credentials, ...reached } = emulator;
  return outputsOf({
    ...reached,
    installedWorker: 'true',
    architecture: process.arch === 'arm64' ? 'arm64' : 'x86_64',
    // Credentials that the user gave are secret, so they are not written down and must be given again.
    ...(usualCredentials ? credentials : {}),
  });
}

export function nextSteps({ stack }: EmulatorFlags): string {
  const option = stack === CDK_OUTPUTS_FILE ? '' : ` --stack ${stack}`;
  return `Run its instances:  spotpool emulator host${option}\nThen:  spotpool submit <dataset> --model <model>${option}\n`;
}

export function reportDeleted(
  terminal: Terminal,
  { json }: EmulatorFlags,
  deleted: DeletedFleet & { readonly stack: string; readonly what: 'fleet' | 'stack' },
): void {
  const { stack, what, fleetId, ended } = deleted;
  if (json) {
    terminal.out(`${JSON.stringify({ stack, fleetId: fleetId ?? null, ended })}\n`);
    return;
  }
  const subject = what === 'fleet' ? `the fleet of stack ${stack}` : `stack ${stack}`;
  const fleet =
    fleetId === undefined ? 'It had no fleet' : what === 'fleet' ? `Its id was ${fleetId}` : `Its fleet was ${fleetId}`;
  terminal.out(`Deleted ${subject}. ${fleet}; ${plural(ended.length, 'instance')} ended with it.\n`);
}

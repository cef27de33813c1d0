/** The options, outputs and messages that the commands `fleet` and `stack` share. */
import { outputsOf } from '../../core/contract/stack-fields.js';
import { localCloudRows } from '../../runner/cli/local-options.js';
import { type OptionRow, type OptionValues, text, withDefault } from '../../runner/cli/option-rows.js';
import { CDK_OUTPUTS_FILE } from '../../runner/cli/stack-choice.js';
import { plural } from '../../runner/display/format.js';
import type { Terminal } from '../../runner/display/terminal.js';
import { isNetworkFailure, messageOf, UserError } from '../../runner/errors.js';
import type { EmulatorChoice } from '../choose-emulator.js';
import type { DeletedFleet, Emulator } from '../emulator.js';
import type { Outputs } from '../outputs-file.js';

export const endpointOption = text(
  '<url>',
  "reach the emulator at this endpoint (default: the outputs', or AWS_ENDPOINT_URL)",
);

export const emulatorOptions = {
  endpoint: endpointOption,
  stack: withDefault(text('<file>', 'read and write this outputs file'), CDK_OUTPUTS_FILE),
};

/** A local cloud has the same rows, under a heading of their own in its help. */
const withoutGroup = <Value>({ group: _group, ...row }: OptionRow<Value>): OptionRow<Value> => row;

export const workerOptions = {
  leaseSeconds: withoutGroup(localCloudRows.leaseSeconds),
  maxIdleSeconds: withoutGroup(localCloudRows.maxIdleSeconds),
};

export type EmulatorFlags = OptionValues<typeof emulatorOptions> & { readonly json: boolean };

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

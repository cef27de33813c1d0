/** Runs the CDK's command line as users do. It knows the emulator only through the variables that every SDK reads. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import process from 'node:process';
import { projectRoot } from '../../support/cli.js';
import { environmentOf, type EmulatorUnderTest } from './emulator.js';

/** Each command takes some 15 s on an idle machine. */
const WITHIN_MS = 240_000;
/** The last part of the output, which shows why the command failed. */
const REPORTED_CHARACTERS = 4_000;

export const STACK_NAME = 'SpotpoolSuite';

/** Resolves with the output of the command; rejects with it when the command fails. */
export async function cdk(emulator: EmulatorUnderTest, directory: string, args: readonly string[]): Promise<string> {
  const program = path.join(projectRoot, 'node_modules/aws-cdk/bin/cdk');
  const child = spawn(process.execPath, [program, ...args, '--no-notices', '--no-color'], {
    // The directory has no cdk.json, whose `build` would rebuild the code that the suite runs.
    cwd: directory,
    env: {
      // A shell runs the app; PATH makes it use this Node.js.
      PATH: `${path.dirname(process.execPath)}${path.delimiter}${process.env['PATH'] ?? ''}`,
      HOME: directory,
      // The CDK caches the account of credentials here, and every emulator's credentials are `test`.
      CDK_HOME: directory,
      CDK_DISABLE_CLI_TELEMETRY: 'true',
      ...environmentOf(emulator),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: WITHIN_MS,
  });
  let output = '';
  child.stdout.on('data', (data: Buffer) => (output += data.toString()));
  child.stderr.on('data', (data: Buffer) => (output += data.toString()));
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  if (code !== 0) {
    throw new Error(`cdk ${args[0] ?? ''} ended with ${code ?? signal}: ${output.slice(-REPORTED_CHARACTERS)}`);
  }
  return output;
}

/** Returns the arguments that run the project's app with this context and no other. */
export const appArguments = (context: Readonly<Record<string, string>>): readonly string[] => [
  '--app',
  `node "${path.join(projectRoot, 'dist/infra/main.js')}"`,
  ...Object.entries(context).flatMap(([key, value]) => ['--context', `${key}=${value}`]),
];

/** Deploys a stack that commands control, with as many instances as a small machine can host. */
export async function deployStack(emulator: EmulatorUnderTest, directory: string, outputsFile: string): Promise<void> {
  const app = appArguments({ stack: STACK_NAME, controller: 'cli', spotpool: '{"maxWorkers":4}' });
  await cdk(emulator, directory, ['deploy', ...app, '--require-approval', 'never', '--outputs-file', outputsFile]);
}

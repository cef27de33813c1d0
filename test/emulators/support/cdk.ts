/** The CDK's own command line, as users run it: it is told nothing of the emulator but what every SDK reads. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import process from 'node:process';
import { projectRoot } from '../../support/cli.js';
import { environmentOf, type EmulatorUnderTest } from './emulator.js';

/** Some 15 s each on an idle machine. */
const WITHIN_MS = 240_000;
/** So much of its output says why it failed. */
const TOLD_CHARACTERS = 4_000;

export const STACK_NAME = 'SpotpoolSuite';

/** The output. Throws it when the command fails. */
export async function cdk(emulator: EmulatorUnderTest, directory: string, args: readonly string[]): Promise<string> {
  const program = path.join(projectRoot, 'node_modules/aws-cdk/bin/cdk');
  const child = spawn(process.execPath, [program, ...args, '--no-notices', '--no-color'], {
    // Away from cdk.json, whose `build` would make anew what the suite runs.
    cwd: directory,
    env: {
      // The app is run by a shell: by this Node.js, whichever others there are.
      PATH: `${path.dirname(process.execPath)}${path.delimiter}${process.env['PATH'] ?? ''}`,
      HOME: directory,
      // Where it remembers which account credentials are of: every emulator's are `test`.
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
    throw new Error(`cdk ${args[0] ?? ''} ended with ${code ?? signal}: ${output.slice(-TOLD_CHARACTERS)}`);
  }
  return output;
}

/** The project's app, and of what it can be told only what a test says. */
export const appArguments = (context: Readonly<Record<string, string>>): readonly string[] => [
  '--app',
  `node "${path.join(projectRoot, 'dist/infra/main.js')}"`,
  ...Object.entries(context).flatMap(([key, value]) => ['--context', `${key}=${value}`]),
];

/** For commands to control, with as many instances as a small machine can host. */
export async function deployStack(emulator: EmulatorUnderTest, directory: string, outputsFile: string): Promise<void> {
  const app = appArguments({ stack: STACK_NAME, controller: 'cli', spotpool: '{"maxWorkers":4}' });
  await cdk(emulator, directory, ['deploy', ...app, '--require-approval', 'never', '--outputs-file', outputsFile]);
}

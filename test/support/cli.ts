/** Runs the built CLI as users do: in its own process and its own directory. */
import { spawn, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const projectRoot = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));
export const cliEntry = path.join(projectRoot, 'dist/bundle/spotpool.mjs');

export interface CliResult {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export class RunningCli {
  stdout = '';
  stderr = '';
  readonly exited: Promise<CliResult>;

  constructor(readonly child: ChildProcess) {
    child.stdout?.on('data', (data: Buffer) => (this.stdout += data.toString()));
    child.stderr?.on('data', (data: Buffer) => (this.stderr += data.toString()));
    this.exited = new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => resolve({ code, signal, stdout: this.stdout, stderr: this.stderr }));
    });
  }

  /** The objects that `--json` has printed so far, one per line. */
  get events(): readonly Record<string, unknown>[] {
    return jsonLines(this.stdout);
  }
}

export function jsonLines(text: string): Record<string, unknown>[] {
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

export function startCli(
  args: readonly string[],
  options: { readonly cwd: string; readonly env?: Readonly<Record<string, string>> },
): RunningCli {
  const child = spawn(process.execPath, [cliEntry, ...args], {
    cwd: options.cwd,
    // The developer's own AWS configuration must not reach a test.
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: options.cwd,
      SPOTPOOL_HOME: path.join(options.cwd, 'state'),
      ...options.env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return new RunningCli(child);
}

export async function runCli(
  args: readonly string[],
  options: { readonly cwd: string; readonly env?: Readonly<Record<string, string>> },
): Promise<CliResult> {
  return startCli(args, options).exited;
}

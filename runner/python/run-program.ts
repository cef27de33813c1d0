/** Runs a short program and returns what it printed. */
import { spawn } from 'node:child_process';

export interface ProgramEnd {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProgramOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  readonly signal: AbortSignal;
}

/** A program that cannot be started ends with 127, as in a shell. */
export async function runProgram(
  [program = '', ...args]: readonly string[],
  { env, cwd, signal }: ProgramOptions,
): Promise<ProgramEnd> {
  signal.throwIfAborted();
  return await new Promise<ProgramEnd>((resolve, reject) => {
    const child = spawn(program, args, { env, cwd, stdio: ['ignore', 'pipe', 'pipe'], signal });
    const output = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8');
      child[name].on('data', (chunk: string) => (output[name] += chunk));
    }
    child.once('error', (error) => {
      if (signal.aborted) reject(signal.reason as Error);
      else resolve({ ...output, code: 127, stderr: error.message });
    });
    child.once('close', (code) => resolve({ ...output, code: code ?? 1 }));
  });
}

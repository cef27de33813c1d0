/** Asks Node.js where a module does not parse. The error of a failed import names no place. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** A parse takes milliseconds; a busy machine gets much more. */
const CHECK_TIMEOUT_MS = 5_000;

/** Returns what Node.js prints about a syntax error, and no line for a module that parses. */
export async function inspectModule(file: string, signal: AbortSignal): Promise<readonly string[]> {
  try {
    await promisify(execFile)(process.execPath, ['--check', file], { timeout: CHECK_TIMEOUT_MS, signal });
    return [];
  } catch (error) {
    signal.throwIfAborted();
    const printed = error instanceof Error && 'stderr' in error ? String(error.stderr) : '';
    return printed.includes('SyntaxError')
      ? printed.split('\n').filter((line) => /\S/.test(line) && !isNoise(line))
      : [];
  }
}

const isNoise = (line: string): boolean => /^ +at |^Node\.js v/.test(line);

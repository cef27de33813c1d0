/** Asks the person at the terminal a question. Only a typed `y` or `yes` counts as agreement. */
import process from 'node:process';
import { createInterface } from 'node:readline/promises';
import { harmless } from '../../core/printable.js';

/** Returns undefined when there is no terminal. The question goes to standard error, because standard output may be redirected. */
export async function confirm(question: string, signal: AbortSignal): Promise<boolean | undefined> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return undefined;
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  // While readline reads, Ctrl-C is an event of its own and no signal.
  lines.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  try {
    const answer = await lines.question(`${harmless(question, { colours: false })} [y/N] `, { signal });
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    lines.close();
  }
}

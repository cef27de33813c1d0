/** Asks the person at the terminal a question that a slip of the keyboard does not answer with yes. */
import process from 'node:process';
import { createInterface } from 'node:readline/promises';
import { harmless } from '../../core/printable.js';

/** Undefined when nobody can be asked. The question goes to standard error: output may be redirected. */
export async function confirm(question: string, signal: AbortSignal): Promise<boolean | undefined> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return undefined;
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  // A terminal in readline's hands turns Ctrl-C into an event of its own.
  lines.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  try {
    const answer = await lines.question(`${harmless(question, { colours: false })} [y/N] `, { signal });
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    lines.close();
  }
}

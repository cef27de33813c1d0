/** Implements the terminal by the process's standard output and standard error. */
import picocolors from 'picocolors';
import { harmless } from '../../core/printable.js';
import type { Terminal } from '../display/terminal.js';

/** A pipe has no width, so text for people is laid out for this one. */
const DEFAULT_SIZE = { columns: 100, rows: 40 };

export function processTerminal(process: NodeJS.Process): Terminal {
  const { stdout, stderr, env } = process;
  const interactive = stdout.isTTY && env['TERM'] !== 'dumb';
  const colours = wantsColor(env, stdout.isTTY);
  return {
    // All output of a command passes through here, so text of models and datasets cannot move the cursor.
    out: (text) => void stdout.write(harmless(text, { colours })),
    err: (text) => void stderr.write(harmless(text, { colours: false })),
    control: (text) => void stdout.write(text),
    interactive,
    colors: picocolors.createColors(colours),
    size: () => (stdout.isTTY ? { columns: stdout.columns, rows: stdout.rows } : DEFAULT_SIZE),
    onResize: (listener) => {
      stdout.on('resize', listener);
      return () => void stdout.removeListener('resize', listener);
    },
  };
}

/** Any value of NO_COLOR that is not empty turns colours off (https://no-color.org). */
export function wantsColor(env: NodeJS.ProcessEnv, isTerminal: boolean): boolean {
  if (env['NO_COLOR']) return false;
  if (env['FORCE_COLOR']) return env['FORCE_COLOR'] !== '0';
  return isTerminal && env['TERM'] !== 'dumb';
}

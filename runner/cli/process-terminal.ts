/** The real terminal: the process's own standard output and error. */
import picocolors from 'picocolors';
import type { Terminal } from '../display/terminal.js';

/** A pipe has no width; what is made for people then is made for this one. */
const DEFAULT_SIZE = { columns: 100, rows: 40 };

export function processTerminal(process: NodeJS.Process): Terminal {
  const { stdout, stderr, env } = process;
  const interactive = stdout.isTTY && env['TERM'] !== 'dumb';
  return {
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
    interactive,
    colors: picocolors.createColors(wantsColor(env, stdout.isTTY)),
    size: () => (stdout.isTTY ? { columns: stdout.columns, rows: stdout.rows } : DEFAULT_SIZE),
    onResize: (listener) => {
      stdout.on('resize', listener);
      return () => void stdout.removeListener('resize', listener);
    },
  };
}

/** https://no-color.org: any value that is not empty turns colours off. */
export function wantsColor(env: NodeJS.ProcessEnv, isTerminal: boolean): boolean {
  if (env['NO_COLOR']) return false;
  if (env['FORCE_COLOR']) return env['FORCE_COLOR'] !== '0';
  return isTerminal && env['TERM'] !== 'dumb';
}

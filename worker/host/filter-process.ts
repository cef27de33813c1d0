/**
 * One process of a filter: it gets all its lines, then the end of its input, and is read to its end. So it does not
 * matter how the filter buffers what it prints, and its lines can be counted before one of them is believed.
 */
import { spawn } from 'node:child_process';
import path from 'node:path';
import type { Writable } from 'node:stream';
import { withLogEnd } from '../../core/contract/log-end.js';
import { ITEM_ERROR_CODES, type ItemError } from '../../core/contract/result-line.js';
import { MAX_SLOT_LINE_BYTES, showLine } from '../../core/contract/slot-protocol.js';
import { shorten } from '../../core/shorten.js';
import { LineSplitter } from '../process/line-splitter.js';

/** The filter could not be started at all, which is no item's fault. */
export class FilterNotStarted extends Error {}

export type FilterEnd =
  | { readonly ok: true; readonly lines: readonly string[] }
  | { readonly ok: false; readonly error: ItemError; readonly exitCode?: number };

const MAX_LOG_LINE_BYTES = 8 * 1024;
const SHOWN_LOG_LENGTH = 300;

export interface FilterInput {
  readonly argv: readonly string[];
  readonly lines: readonly string[];
  /** Receives what the filter writes to standard error. */
  readonly onLog: (chunk: Buffer) => void;
}

/** Rejects with `FilterNotStarted` when there is no such program, or it must not be run. */
export function runFilter({ argv, lines, onLog }: FilterInput): Promise<FilterEnd> {
  const [program = '', ...rest] = argv;
  return new Promise((resolve, reject) => {
    // The filter must not hold the host's channel (process/host-channel.ts), so its descriptors are something else there.
    const child = spawn(program, rest, { stdio: ['pipe', 'pipe', 'pipe', 'ignore', 'ignore'] });
    const printed: string[] = [];
    let fault: ItemError | undefined;
    const refuse = (what: string): void => {
      fault ??= protocolFault(`The filter's line ${printed.length + 1} on standard output ${what}.`);
      child.stdout?.destroy();
      child.kill('SIGKILL');
    };
    const stdout = new LineSplitter(MAX_SLOT_LINE_BYTES, {
      line: (line) => printed.push(line),
      tooLong: (start) => refuse(`goes on for more than 16 MiB: ${showLine(start)}`),
      notUtf8: (line, { position, byte }) =>
        refuse(`is not UTF-8 (byte ${position} is 0x${byte.toString(16).padStart(2, '0')}): ${showLine(line)}`),
    });
    let lastLogged: string | undefined;
    const log = new LineSplitter(MAX_LOG_LINE_BYTES, {
      line: (line) => (lastLogged = line.trim() === '' ? lastLogged : line),
    });
    child.stdout?.on('data', (chunk: Buffer) => {
      stdout.write(chunk);
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      log.write(chunk);
      onLog(chunk);
    });
    child.on('error', (error: NodeJS.ErrnoException) => reject(new FilterNotStarted(notStarted(program, error))));
    child.on('close', (code, signal) => {
      stdout.end();
      log.end();
      if (fault !== undefined) resolve({ ok: false, error: fault });
      else if (code === 0) resolve({ ok: true, lines: printed });
      else resolve(crashed(code, signal, lastLogged));
    });
    write(child.stdin, lines);
  });
}

function write(stdin: Writable | null, lines: readonly string[]): void {
  // A filter that reads no further has its reasons, and its exit code and the number of its lines say whether it is fine.
  stdin?.on('error', () => undefined);
  stdin?.end(lines.map((line) => `${line}\n`).join(''));
}

function crashed(code: number | null, signal: string | null, lastLogged: string | undefined): FilterEnd {
  const how = code === null ? `signal ${signal ?? 'unknown'}` : `exit code ${code}`;
  const log = lastLogged === undefined ? [] : [shorten(lastLogged, SHOWN_LOG_LENGTH)];
  const message = withLogEnd(`The filter ended with ${how}.`, log);
  return {
    ok: false,
    error: { code: ITEM_ERROR_CODES.slotCrashed, message },
    ...(code === null ? {} : { exitCode: code }),
  };
}

export const protocolFault = (message: string): ItemError => ({ code: ITEM_ERROR_CODES.protocolFault, message });

function notStarted(program: string, error: NodeJS.ErrnoException): string {
  if (error.code !== 'ENOENT') return `The filter's program ${program} cannot be started: ${error.message}.`;
  return program.includes('/')
    ? `The filter's program ${program} cannot be started: there is no such file${inModel(program)}, or the program in its first line (#!) is missing.`
    : `The filter's program ${program} is not on this machine's PATH. Install it (--setup), or ship it in a folder (--files) and name it ./${program}.`;
}

const inModel = (program: string): string => (path.isAbsolute(program) ? '' : ' in what the model ships');

/**
 * Looks at a command's files before it is started. A system says only "not found" when the interpreter in a script's
 * first line is missing, and a shell runs a script with a byte order mark as something else.
 */
import { access, constants, open, stat } from 'node:fs/promises';
import path from 'node:path';
import type { FaultKind } from '../../core/probe/fault-kinds.js';
import type { ProbeFailure } from '../../core/probe/probe.js';
import type { PreparedModel } from '../slot/slot.js';

const HEAD_BYTES = 4_096;
const SHELL_SCRIPT = /\.(?:sh|bash)$/;
const BYTE_ORDER_MARK = '\ufeff';

export async function inspectCommand(
  { directory, spec }: PreparedModel,
  env: Readonly<Record<string, string>>,
): Promise<ProbeFailure | undefined> {
  const { start } = spec;
  if (start.kind !== 'command' && start.kind !== 'filter') return undefined;
  const [program = '', ...words] = start.argv;
  const own = program.includes('/') ? path.resolve(directory, program) : undefined;
  if (own === undefined) {
    if (!(await isOnPath(program, env['PATH'] ?? '', directory))) {
      return failure('program', `The program ${program} of the model is not on the PATH of this machine.`);
    }
  } else {
    const found = await inspectProgram(program, own, path.isAbsolute(program));
    if (found !== undefined) return found;
  }
  for (const word of words.filter((one) => SHELL_SCRIPT.test(one) && !path.isAbsolute(one))) {
    const text = await headOf(path.join(directory, word));
    const found = text === undefined ? undefined : lineEnds(word, text);
    if (found !== undefined) return found;
  }
  return undefined;
}

async function inspectProgram(name: string, file: string, isAbsolute: boolean): Promise<ProbeFailure | undefined> {
  const head = await headOf(file);
  if (head === undefined) {
    return isAbsolute
      ? failure('program', `The program ${name} of the model does not exist on this machine.`)
      : failure('not-shipped-program', `The program ${name} of the model is not among what is shipped.`);
  }
  if (!(await isExecutable(file))) {
    return failure(
      'not-executable',
      `The program ${name} of the model is not executable, so it cannot be started (permission denied).`,
    );
  }
  return isAbsolute ? undefined : inspectFirstLine(name, head);
}

async function inspectFirstLine(name: string, head: string): Promise<ProbeFailure | undefined> {
  if (head.startsWith(`${BYTE_ORDER_MARK}#!`)) {
    return failure(
      'byte-order-mark',
      `${name}, line 1: there is a byte order mark before "#!", so the system does not see which program runs the script.`,
    );
  }
  if (!head.startsWith('#!')) return undefined;
  const [line = ''] = head.split('\n', 1);
  const ends = lineEnds(name, head);
  if (line.endsWith('\r') && ends !== undefined) return ends;
  const [interpreter = ''] = line.slice(2).trim().split(/\s+/);
  if (interpreter === '' || (await headOf(interpreter)) !== undefined) return undefined;
  return failure('interpreter', `${name}, line 1: the interpreter ${interpreter} does not exist on this machine.`);
}

/** A carriage return becomes a part of the last word of a shell's line, and of the interpreter's name in a first line. */
function lineEnds(name: string, head: string): ProbeFailure | undefined {
  const line = head.split('\n').findIndex((one) => one.endsWith('\r'));
  if (line === -1) return undefined;
  return failure(
    'line-ends',
    `${name}, line ${line + 1}: the line ends with a carriage return, which becomes a part of its last word.`,
  );
}

/** Undefined when there is no such file. */
async function headOf(file: string): Promise<string | undefined> {
  const found = await stat(file).catch(() => undefined);
  if (found?.isFile() !== true) return undefined;
  const handle = await open(file).catch(() => undefined);
  if (handle === undefined) return '';
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await handle.close();
  }
}

async function isOnPath(program: string, searchPath: string, directory: string): Promise<boolean> {
  for (const folder of searchPath.split(path.delimiter)) {
    const file = path.resolve(directory, folder, program);
    if ((await stat(file).catch(() => undefined))?.isFile() === true && (await isExecutable(file))) return true;
  }
  return false;
}

const isExecutable = (file: string): Promise<boolean> =>
  access(file, constants.X_OK).then(
    () => true,
    () => false,
  );

const failure = (found: FaultKind, message: string): ProbeFailure => ({ phase: 'load', message, log: [], found });

/**
 * Says what went wrong in a probe, and whether it would go wrong on every instance, too. `submit` refuses only what would. The rows are tried in their order;
 * the first that applies counts.
 */
import { WEIGHTS_VARIABLE } from '../contract/weights.js';
import { type Fault, type FaultKind, faultOf } from './fault-kinds.js';
import type { ProbeFailure } from './probe.js';

/** The facts that are known beside the failure itself. */
export interface Surroundings {
  /** The names of the job's secrets, whose values are not read on the submitter's machine. */
  readonly secrets: readonly string[];
  /** Tells whether the submitter has a file of this name beside the model. It is not shipped then, as the model did not find it. */
  readonly isNeighbour: (name: string) => boolean;
}

type Row = (failure: ProbeFailure, text: string, surroundings: Surroundings) => FaultKind | undefined;

const when =
  (pattern: RegExp, kind: FaultKind): Row =>
  (_, text) =>
    pattern.test(text) ? kind : undefined;

const PACKAGE =
  /\bNo module named ['"]?([\w.]+)|there is no package called .(\w+)|cannot load such file -- ([\w/.-]+)|Can't locate ([\w/.]+) in @INC/;
const FILE =
  /ENOENT[^\n]*?'([^'\n]+)'|No such file or directory: '([^'\n]+)'|cannot open (?:file )?['"]?([^'"\n:]+)['"]?: No such file|No such file or directory @ \w+ - (\S+)/;
const VARIABLE = /KeyError: '([A-Z][A-Z0-9_]*)'/;

const ROWS: readonly Row[] = [
  ({ found }) => found,
  ({ phase }) => (phase === 'weights' ? 'weights' : undefined),
  ({ reason }) => (reason === 'protocol' ? 'protocol' : undefined),
  when(
    /^The model's line \d+ on .+ is not of the protocol:|could not be loaded\. The model's line \d+ on /m,
    'protocol',
  ),
  ({ reason }) => (reason === 'memory' ? 'memory' : undefined),
  ({ reason }) => (reason === 'broken' ? 'broken' : undefined),
  ({ reason, phase }) => (reason !== 'timeout' ? undefined : phase === 'item' ? 'hang' : 'never-ready'),
  when(/load did not end within|printed .+ on standard output within/, 'never-ready'),
  when(
    /\bCUDA(?! *= *False)|libcu(?:da|dnn|blas)|NVIDIA driver|nvidia-smi|\bROCm\b|no GPU|GPU (?:is )?(?:not|un)|requires? an? GPU/i,
    'gpu',
  ),
  when(
    /NoCredentialsError|Unable to locate credentials|Could not load credentials|CredentialsProviderError|ExpiredToken|InvalidClientTokenId|AccessDenied/,
    'role',
  ),
  when(
    /\bMemoryError\b|heap out of memory|Cannot allocate memory|\bENOMEM\b|bad_alloc|OutOfMemoryError|signal SIGKILL/,
    'memory',
  ),
  when(/GLIBC(?:XX)?_[\d.]+' not found|wrong ELF class|invalid ELF header|Exec format error/, 'platform'),
  when(
    /\bis no model\b|\bno function (?:named )?['"`]?predict|has no ['"`]?predict|must export a function predict/,
    'predict',
  ),
  when(/gave (?:more than )?\d+ outputs?; it must give|predict (?:must give|gave|returned)/, 'outputs'),
  (_, text) =>
    /(?:Syntax|Indentation|Tab)Error\b|syntax error|unexpected symbol/.test(text) && !/JSON|does not provide/.test(text)
      ? 'syntax'
      : undefined,
  when(/ERR_MODULE_NOT_FOUND|Cannot find (?:module|package)|does not provide an export/, 'not-shipped'),
  missingPackage,
  missingFile,
  missingVariable,
  when(
    /\b(?:ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH)\b|Name or service not known|name resolution|Connection refused|URLError|ConnectionError|Max retries exceeded/,
    'network',
  ),
  missingProgram,
  ({ phase }) => (phase === 'setup' || phase === 'environment' ? phase : undefined),
];

export function classify(failure: ProbeFailure, surroundings: Surroundings): Fault {
  // The log says why; the message alone may quote only its last line.
  const text = [...failure.log, failure.message].join('\n');
  for (const row of ROWS) {
    const kind = row(failure, text, surroundings);
    if (kind !== undefined) return faultOf(kind);
  }
  return faultOf('crash');
}

function missingPackage(_: ProbeFailure, text: string, { isNeighbour }: Surroundings): FaultKind | undefined {
  const name = firstGroup(PACKAGE.exec(text));
  if (name === undefined) return undefined;
  const file = name.split('.')[0] ?? name;
  const isShippedLess = [file, `${file}.py`, name, `${name}.rb`].some(isNeighbour);
  return isShippedLess ? 'not-shipped' : 'package';
}

/** An absolute path may exist on an instance, unless the submitter has the file beside the model. */
function missingFile(_: ProbeFailure, text: string, { isNeighbour }: Surroundings): FaultKind | undefined {
  const name = firstGroup(FILE.exec(text));
  if (name === undefined) return undefined;
  if (name.startsWith(`$${WEIGHTS_VARIABLE}`)) return 'not-in-weights';
  return !name.startsWith('/') || isNeighbour(name) ? 'not-shipped' : undefined;
}

function missingVariable(_: ProbeFailure, text: string, { secrets }: Surroundings): FaultKind | undefined {
  const name = firstGroup(VARIABLE.exec(text));
  if (name === WEIGHTS_VARIABLE) return 'no-weights';
  if (name !== undefined && secrets.includes(name)) return 'secret';
  if (secrets.some((secret) => new RegExp(`\\b${secret}\\b`).test(text))) return 'secret';
  return name === undefined || !/environ/.test(text) ? undefined : 'variable';
}

/** A shell ends with 127 when it does not find the program, and with 126 when it may not run it. */
function missingProgram(_: ProbeFailure, text: string): FaultKind | undefined {
  if (/\(exit code 126\)/.test(text)) return 'not-executable';
  return /\(exit code 127\)/.test(text) || /could not be started: spawn/.test(text) ? 'program' : undefined;
}

const firstGroup = (match: RegExpExecArray | null): string | undefined =>
  match?.slice(1).find((group) => group !== undefined);

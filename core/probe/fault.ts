/**
 * Says what went wrong in a probe, and whether it would go wrong on every instance, too. `submit` refuses only what would. The rows are tried in their order;
 * the first that applies counts.
 */
import { WEIGHTS_VARIABLE } from '../contract/weights.js';
import type { ProbeFailure } from './probe.js';

/** `everywhere`: instances would fail alike. `here`: an instance may have what this machine lacks. `unknown`: neither is certain. */
export type Reach = 'everywhere' | 'here' | 'unknown';

export type FaultKind = keyof typeof KINDS;

interface Kind {
  readonly reach: Reach;
  /** A clause for the list of what was found. */
  readonly what: string;
  /** A sentence that tells the user what to do about it. */
  readonly advice?: string;
}

const KINDS = {
  'not-executable': {
    reach: 'everywhere',
    what: 'the program is not executable',
    advice: 'Make it executable (chmod +x), or give the command that runs it.',
  },
  'line-ends': {
    reach: 'everywhere',
    what: 'the script has line ends of Windows',
    advice: 'Write it with line ends of Unix, for example: sed -i "s/\\r$//" FILE',
  },
  'byte-order-mark': {
    reach: 'everywhere',
    what: 'the script begins with a byte order mark',
    advice: 'Write it without one, for example: sed -i "1s/^\\xef\\xbb\\xbf//" FILE',
  },
  'not-shipped-program': {
    reach: 'everywhere',
    what: 'the program is not among what is shipped',
    advice: 'Ship its directory with --files DIR, and name it from there.',
  },
  program: {
    reach: 'here',
    what: 'the program is not on this machine',
    advice: 'If instances do not have it either, ship it or install it with --setup.',
  },
  gpu: { reach: 'here', what: 'the model needs a GPU, or its driver, that this machine lacks' },
  role: { reach: 'here', what: 'the model needs credentials of AWS' },
  network: { reach: 'here', what: 'the model could not reach something on the network' },
  secret: { reach: 'here', what: 'the model needs a secret, which only instances can read' },
  memory: {
    reach: 'here',
    what: 'the model needs more memory than it may use here',
    advice: 'Choose instances with more memory, or a smaller model.',
  },
  platform: { reach: 'here', what: 'a file of the model is for another kind of machine than this one' },
  predict: { reach: 'everywhere', what: 'the file is no model' },
  outputs: { reach: 'everywhere', what: 'predict gave something else than one output for each item' },
  lines: {
    reach: 'unknown',
    what: 'the filter prints something else than one line for each item',
    advice: 'With --per-line a command prints exactly one line for each line that it reads.',
  },
  protocol: {
    reach: 'everywhere',
    what: 'the model printed something that is no answer',
    advice: 'A command writes answers to standard output, and its log to standard error.',
  },
  syntax: { reach: 'everywhere', what: 'the model has a syntax error' },
  'not-shipped': {
    reach: 'everywhere',
    what: 'the model needs a file that is not in what is shipped',
    advice: 'Ship its folder with --files DIR, or give a folder that holds everything as --model.',
  },
  'not-in-weights': {
    reach: 'everywhere',
    what: 'the model needs a file that is not among its weights',
    advice: 'Name the file or folder that has it with --weights.',
  },
  'no-weights': {
    reach: 'everywhere',
    what: 'the model needs weights, and none are given',
    advice: 'Name them with --weights: a file, a folder, or s3://bucket/prefix/.',
  },
  weights: { reach: 'unknown', what: 'the weights could not be fetched' },
  package: {
    reach: 'here',
    what: 'a package is missing',
    advice: 'Name it in the requirements of the model, or install it with --setup.',
  },
  interpreter: { reach: 'here', what: 'the interpreter of the model is missing here' },
  variable: {
    reach: 'unknown',
    what: 'the model needs an environment variable that is not set',
    advice: 'Set it with --env NAME=VALUE. The model sees none of your own variables.',
  },
  hang: {
    reach: 'unknown',
    what: 'the model gave no answer in time',
    advice: 'An item may take as long as --item-timeout.',
  },
  'never-ready': {
    reach: 'unknown',
    what: 'the model was not ready in time',
    advice: 'A load may take as long as --load-timeout.',
  },
  broken: { reach: 'unknown', what: 'an error of one item makes the model fail later items' },
  setup: { reach: 'unknown', what: 'the setup command failed' },
  environment: { reach: 'unknown', what: 'the packages of the model could not be installed' },
  crash: { reach: 'unknown', what: 'the model ended by itself' },
} as const satisfies Readonly<Record<string, Kind>>;

export interface Fault extends Kind {
  readonly kind: FaultKind;
}

export const faultOf = (kind: FaultKind): Fault => ({ kind, ...KINDS[kind] });

/** What is known beside the failure itself. */
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

/** The kinds of faults that a probe finds, one row each: how far a fault reaches, and what to do about it. */

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
    advice:
      'Ship it with --files (for a TypeScript or JavaScript model: import it, or give the folder that holds everything as --model).',
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

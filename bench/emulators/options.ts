/** Parses the options of `npm run test:localstack -- …` and `npm run test:moto -- …`. */
import { type EmulatorName, EMULATORS } from './catalogue.js';

export const PARTS = ['conformance', 'end-to-end'] as const;
export type Part = (typeof PARTS)[number];

export interface Options {
  readonly emulator: EmulatorName;
  readonly parts: readonly Part[];
  /** Records the differences that the run finds, and writes the page. */
  readonly isWriting: boolean;
  /** Runs no suite, and keeps the emulator running until Ctrl-C. */
  readonly isServing: boolean;
  /** Breaks a copy of the product on purpose, and checks that the end-to-end suite notices. */
  readonly isBreaking: boolean;
  /** Vitest's filters: only test files whose paths contain one of them run. */
  readonly filters: readonly string[];
}

export const USAGE = `Usage: npm run test:localstack -- [options] [filters]      (or test:moto)
  --only conformance|end-to-end   run one of the two suites
  --write                         record the differences, and write docs/reports/localstack.md
  --serve                         run no suite: print how to reach the emulator, and keep it running until Ctrl-C
  --breaks                        break a copy of the product on purpose, and record which tests fail
  filters                         run only test files whose paths contain one of them
Environment: ENDPOINT (a running emulator), PYTHON (the interpreter to install the emulator with)
`;

export function parseOptions(args: readonly string[]): Options | { readonly problem: string } {
  const [name, ...rest] = args;
  const emulator = EMULATORS.find((known) => known === name);
  if (emulator === undefined) return { problem: `The first argument must be ${EMULATORS.join(' or ')}.` };
  const filters: string[] = [];
  let parts: readonly Part[] = PARTS;
  let isWriting = false;
  let isServing = false;
  let isBreaking = false;
  for (let at = 0; at < rest.length; at += 1) {
    const arg = rest[at] ?? '';
    if (arg === '--write') isWriting = true;
    else if (arg === '--serve') isServing = true;
    else if (arg === '--breaks') isBreaking = true;
    else if (arg === '--only') {
      at += 1;
      const part = PARTS.find((known) => known === rest[at]);
      if (part === undefined) return { problem: `--only takes ${PARTS.join(' or ')}.` };
      parts = [part];
    } else if (arg.startsWith('-')) return { problem: `Unknown option ${arg}.` };
    else filters.push(arg);
  }
  // A record of some tests would lose the recorded differences of the others.
  if (isWriting && (filters.length > 0 || !parts.includes('conformance'))) {
    return { problem: '--write records the whole conformance suite. Leave out the filters and --only end-to-end.' };
  }
  return { emulator, parts, isWriting, isServing, isBreaking, filters };
}

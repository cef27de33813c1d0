/**
 * Ways to break the product that the end-to-end suite must notice on an emulator, and that a mock would not. Each changes one line. `npm run
 * test:localstack -- --breaks` tries them one by one in a copy of the repository. The tests that caught them are recorded in
 * differences/breaks.json, and shown on the page.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { EmulatorName } from './catalogue.js';

export interface Break {
  readonly title: string;
  readonly file: string;
  readonly find: string;
  readonly replace: string;
  /** The test files that run, unless the command names others. The whole suite would take minutes. */
  readonly testFiles: string;
}

export const BREAKS: readonly Break[] = [
  {
    title: 'outcomes are put without `If-None-Match`',
    file: 'aws/s3-object-store.ts',
    find: `IfNoneMatch: options.ifNoneMatch === true ? '*' : undefined,`,
    replace: 'IfNoneMatch: undefined,',
    testFiles: 'test/emulators/jobs',
  },
  {
    title: 'a batch that is handed back stays hidden',
    file: 'aws/sqs-work-queue.ts',
    find: 'VisibilityTimeout: change.visibilityTimeoutSeconds,',
    replace: 'VisibilityTimeout: change.visibilityTimeoutSeconds === 0 ? 600 : change.visibilityTimeoutSeconds,',
    testFiles: 'test/emulators/reclaims',
  },
  {
    title: 'the target is lowered without a termination policy',
    file: 'aws/target-requests.ts',
    find: `  ExcessCapacityTerminationPolicy: 'noTermination',\n`,
    replace: '',
    testFiles: 'test/emulators/scale-down',
  },
  {
    title: 'clients follow the host in the queue’s URL',
    file: 'aws/clients.ts',
    find: 'useQueueUrlAsEndpoint: options.endpoint === undefined,',
    // Only a client that finds its endpoint in the environment follows the URL; one that is given its endpoint never does.
    replace:
      "useQueueUrlAsEndpoint: options.endpoint !== '', ...(process.env['AWS_ENDPOINT_URL'] === undefined ? {} : ({ endpoint: undefined } as object)),",
    testFiles: 'test/emulators/jobs',
  },
];

export interface Caught {
  readonly title: string;
  readonly emulator: EmulatorName;
  readonly version: string;
  /** The names of the tests that failed. */
  readonly by: readonly string[];
}

const FILE = 'bench/emulators/differences/breaks.json';

export function readCaught(): readonly Caught[] {
  const file = path.resolve(FILE);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as readonly Caught[]) : [];
}

export const writeCaught = (caught: readonly Caught[]): void =>
  writeFileSync(path.resolve(FILE), `${JSON.stringify(caught, undefined, 2)}\n`);

export function broken(text: string, { file, find, replace }: Break): string {
  const parts = text.split(find);
  if (parts.length !== 2)
    throw new Error(`${file} contains "${find.trim()}" ${parts.length - 1} times. It must be there exactly once.`);
  return parts.join(replace);
}

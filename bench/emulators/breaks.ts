/**
 * Faults of the product that an emulator, unlike a mock, must reveal; each is a change of one line. `npm run
 * test:localstack -- --breaks` tries them one by one in a copy of the repository. The tests that caught them are in
 * differences/breaks.json, and so on the page.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { EmulatorName } from './catalogue.js';

export interface Break {
  readonly title: string;
  readonly file: string;
  readonly find: string;
  readonly replace: string;
  /** The test files that run by default; the whole suite takes minutes. */
  readonly asked: string;
}

export const BREAKS: readonly Break[] = [
  {
    title: 'outcomes are put without `If-None-Match`',
    file: 'aws/s3-object-store.ts',
    find: `IfNoneMatch: options.ifNoneMatch === true ? '*' : undefined,`,
    replace: 'IfNoneMatch: undefined,',
    asked: 'test/emulators/jobs',
  },
  {
    title: 'nothing is handed back: a batch that is let go stays hidden',
    file: 'aws/sqs-work-queue.ts',
    find: 'VisibilityTimeout: change.visibilityTimeoutSeconds,',
    replace: 'VisibilityTimeout: change.visibilityTimeoutSeconds === 0 ? 600 : change.visibilityTimeoutSeconds,',
    asked: 'test/emulators/reclaims',
  },
  {
    title: 'the target is lowered without a termination policy',
    file: 'aws/spot-fleet.ts',
    find: `        ExcessCapacityTerminationPolicy: 'noTermination',\n`,
    replace: '',
    asked: 'test/emulators/scale-down',
  },
  {
    title: 'clients follow the host in the queue’s URL',
    file: 'aws/clients.ts',
    find: 'useQueueUrlAsEndpoint: options.endpoint === undefined,',
    // A client follows the queue's URL if it finds its endpoint in the environment alone; a client with an explicit
    // endpoint never does.
    replace:
      "useQueueUrlAsEndpoint: options.endpoint !== '', ...(process.env['AWS_ENDPOINT_URL'] === undefined ? {} : ({ endpoint: undefined } as object)),",
    asked: 'test/emulators/jobs',
  },
];

export interface Caught {
  readonly title: string;
  readonly emulator: EmulatorName;
  readonly version: string;
  /** The tests that failed. */
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
    throw new Error(`${file} has "${find.trim()}" ${parts.length - 1} times: it must be there once.`);
  return parts.join(replace);
}

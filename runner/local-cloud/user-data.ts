/**
 * Builds the user data of a local instance. As on AWS it is a shell script that ends by running the worker. It holds no credentials: a worker
 * gets them from its instance's metadata.
 */
import { ALIVE_VARIABLE, watchWorker } from '../../core/contract/alive-file.js';

export interface UserDataOptions {
  readonly queueUrl: string;
  readonly bucket: string;
  readonly region: string;
  readonly endpoint: string;
  readonly nodePath: string;
  readonly workerPath: string;
  /** The program that runs after a worker that did not end well. */
  readonly lastWordsPath: string;
  /** How often the instance looks whether its worker hangs; by default as on AWS. */
  readonly lookEverySeconds?: number;
  /** Further environment variables of the worker (docs/reference/configuration.md), by name. */
  readonly worker?: Readonly<Record<string, string>>;
}

export function localUserData(options: UserDataOptions): string {
  const variables: readonly (readonly [string, string])[] = [
    ['SPOTPOOL_QUEUE_URL', options.queueUrl],
    ['SPOTPOOL_BUCKET', options.bucket],
    ['AWS_REGION', options.region],
    ['SPOTPOOL_ENDPOINT', options.endpoint],
    ...Object.entries(options.worker ?? {}),
  ];
  return [
    '#!/bin/sh',
    ...variables.map(([name, value]) => `export ${name}=${shellQuote(value)}`),
    `export ${ALIVE_VARIABLE}="$PWD/alive"`,
    `sh -c ${shellQuote(watchWorker(options.lookEverySeconds))} &`,
    'watcher=$!',
    `${shellQuote(options.nodePath)} ${shellQuote(options.workerPath)}`,
    'ended=$?',
    'kill $watcher',
    // A worker that died is a suspicion against the batches in its slots (R4).
    `[ $ended -eq 0 ] || ${shellQuote(options.nodePath)} ${shellQuote(options.lastWordsPath)}`,
    'exit $ended',
    '',
  ].join('\n');
}

/** Quotes any text as one word for sh. */
export function shellQuote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/**
 * Other emulators of AWS, for comparison. Their packages are pinned with hashes in bench/peers/pins/<name>/; the
 * project depends on none of them.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Command } from '../support/process-group.js';

export const SERVICES = ['sqs', 's3', 'ec2', 'scheduler'] as const;
export type ServiceName = (typeof SERVICES)[number];

export interface Installable {
  /** The name in its package manager. */
  readonly name: string;
  /** The folder in bench/peers/pins/, if it differs from the name. */
  readonly pins?: string;
  readonly installer: 'npm' | 'pip';
  /** The lowest version of Node that it runs on: [major, minor]. */
  readonly leastNode?: readonly [number, number];
  /** The Python versions that its lock is for, the best first. */
  readonly pythons?: readonly string[];
}

export interface Peer extends Installable {
  readonly services: readonly ServiceName[];
  /** A path that answers only when the peer is ready. Without one, any answer counts. */
  readonly healthPath?: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly command: (at: { readonly installed: string; readonly port: number; readonly scratch: string }) => Command;
}

const ANY_CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test' };

const node = (...args: readonly string[]): Command => ({ file: process.execPath, args });

export const MOTO: Peer = {
  name: 'moto',
  installer: 'pip',
  pythons: ['3.13', '3.12', '3.11', '3.10'],
  services: SERVICES,
  healthPath: '/moto-api/',
  credentials: ANY_CREDENTIALS,
  command: ({ installed, port }) => ({
    // Its script names the folder that it was installed in, and a cache may move that folder.
    file: path.join(installed, 'venv/bin/python'),
    args: ['-m', 'moto.server', '-H', '127.0.0.1', '-p', String(port)],
  }),
};

const localStack = (version: string, pythons: readonly string[]): Peer => ({
  name: 'LocalStack',
  pins: `localstack-${version}`,
  installer: 'pip',
  pythons,
  services: SERVICES,
  healthPath: '/_localstack/health',
  credentials: ANY_CREDENTIALS,
  command: ({ installed, port, scratch }) => ({
    file: path.join(installed, 'venv/bin/python'),
    args: ['-m', 'localstack.runtime.main'],
    env: {
      GATEWAY_LISTEN: `127.0.0.1:${port}`,
      FILESYSTEM_ROOT: scratch,
      // These turn off its own DNS server, which needs root, and its certificate and usage statistics, which need
      // the internet.
      ...{ DNS_ADDRESS: '0', SKIP_SSL_CERT_DOWNLOAD: '1', DISABLE_EVENTS: '1' },
      // These overrule environment variables that a user has set for another LocalStack.
      ...{ SERVICES: '', PERSISTENCE: '0', DEBUG: '0' },
    },
  }),
});

/**
 * The last open releases, the newest first. Version 4.14 imports modules that only Python 3.13 has: on 3.12 it
 * starts, but each call of SQS fails.
 */
export const LOCALSTACKS: readonly Peer[] = [
  localStack('4.14.0', ['3.13']),
  localStack('4.12.0', ['3.12', '3.11', '3.10']),
];

/** The peers that docs/reports/conformance.md and docs/reports/benchmarks-local.md compare with. */
export const PEERS: readonly Peer[] = [
  MOTO,
  {
    name: 'local-aws-sqs',
    installer: 'npm',
    services: ['sqs'],
    credentials: ANY_CREDENTIALS,
    command: ({ installed, port }) => ({
      // The package has no program of its own.
      ...node('-e', `require('local-aws-sqs').createSqsServer({ port: ${port}, hostname: '127.0.0.1' })`),
      cwd: installed,
    }),
  },
  {
    name: 's3rver',
    installer: 'npm',
    services: ['s3'],
    // This is the only account that it knows.
    credentials: { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' },
    command: ({ installed, port, scratch }) =>
      node(
        path.join(installed, 'node_modules/s3rver/bin/s3rver.js'),
        ...['--silent', '--address', '127.0.0.1', '--port', String(port), '--directory', scratch],
      ),
  },
  {
    name: 'fauxqs',
    installer: 'npm',
    services: ['sqs', 's3'],
    leastNode: [22, 5],
    credentials: ANY_CREDENTIALS,
    command: ({ installed, port }) => ({
      ...node(path.join(installed, 'node_modules/fauxqs/dist/server.js')),
      env: { FAUXQS_PORT: String(port), FAUXQS_HOST: '127.0.0.1', FAUXQS_LOGGER: 'false' },
    }),
  },
];

export const pinsOf = (peer: Installable): string => path.resolve('bench/peers/pins', peer.pins ?? peer.name);

export function versionOf(peer: Installable): string {
  if (peer.installer === 'pip') {
    const wanted = readFileSync(path.join(pinsOf(peer), 'requirements.in'), 'utf8');
    return /==(\S+)/.exec(wanted)?.[1] ?? '';
  }
  const manifest = JSON.parse(readFileSync(path.join(pinsOf(peer), 'package.json'), 'utf8')) as {
    readonly dependencies: Readonly<Record<string, string>>;
  };
  return manifest.dependencies[peer.name] ?? '';
}

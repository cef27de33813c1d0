/**
 * Other emulators of AWS, to compare with. What is installed of each is pinned, with hashes, in bench/peers/pins/<name>/; none
 * is a dependency of ours.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Command } from '../support/process-group.js';

export const SERVICES = ['sqs', 's3', 'ec2', 'scheduler'] as const;
export type ServiceName = (typeof SERVICES)[number];

export interface Installable {
  /** As its package manager names it. */
  readonly name: string;
  /** Its folder in bench/peers/pins/, where that is not its name. */
  readonly pins?: string;
  readonly installer: 'npm' | 'pip';
  /** [major, minor] */
  readonly leastNode?: readonly [number, number];
  /** The versions that its lock is for, the best first. */
  readonly pythons?: readonly string[];
}

export interface Peer extends Installable {
  readonly services: readonly ServiceName[];
  /** What answers only once it is ready; anything else that answers will do where there is none. */
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
    // Its script names the folder that it was installed in, which a cache may put elsewhere.
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
      // Its own DNS server needs root, its certificate and its usage statistics the internet.
      ...{ DNS_ADDRESS: '0', SKIP_SSL_CERT_DOWNLOAD: '1', DISABLE_EVENTS: '1' },
      // What the environment says for somebody's own LocalStack is not for this one.
      ...{ SERVICES: '', PERSISTENCE: '0', DEBUG: '0' },
    },
  }),
});

/** The last open releases, the newest first: 4.14 imports what only Python 3.13 has (on 3.12 it starts, and each call of SQS fails). */
export const LOCALSTACKS: readonly Peer[] = [
  localStack('4.14.0', ['3.13']),
  localStack('4.12.0', ['3.12', '3.11', '3.10']),
];

/** Those that docs/reports/conformance.md and docs/reports/benchmarks-local.md compare with. */
export const PEERS: readonly Peer[] = [
  MOTO,
  {
    name: 'local-aws-sqs',
    installer: 'npm',
    services: ['sqs'],
    credentials: ANY_CREDENTIALS,
    command: ({ installed, port }) => ({
      // It has no program of its own.
      ...node('-e', `require('local-aws-sqs').createSqsServer({ port: ${port}, hostname: '127.0.0.1' })`),
      cwd: installed,
    }),
  },
  {
    name: 's3rver',
    installer: 'npm',
    services: ['s3'],
    // The only account that it knows.
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

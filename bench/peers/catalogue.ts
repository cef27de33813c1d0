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
  /** As its package manager names it; a folder of bench/peers/pins/. */
  readonly name: string;
  readonly installer: 'npm' | 'pip';
  /** [major, minor] */
  readonly leastNode?: readonly [number, number];
}

export interface Peer extends Installable {
  readonly services: readonly ServiceName[];
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly command: (at: { readonly installed: string; readonly port: number; readonly scratch: string }) => Command;
}

const ANY_CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test' };

const node = (...args: readonly string[]): Command => ({ file: process.execPath, args });

export const PEERS: readonly Peer[] = [
  {
    name: 'moto',
    installer: 'pip',
    services: ['sqs', 's3', 'ec2', 'scheduler'],
    credentials: ANY_CREDENTIALS,
    command: ({ installed, port }) => ({
      file: path.join(installed, 'venv/bin/moto_server'),
      args: ['-H', '127.0.0.1', '-p', String(port)],
    }),
  },
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

export const pinsOf = (peer: Installable): string => path.resolve('bench/peers/pins', peer.name);

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

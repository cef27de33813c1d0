/**
 * Finds the emulator for a run, in this order: the one at ENDPOINT; a healthy one at its usual port; a container,
 * if Docker's engine answers; the program itself, installed into .peers/. Emulators that this starts are also
 * stopped (bench/support/process-group.ts).
 */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { versionOf } from '../peers/catalogue.js';
import { PeerUnavailable } from '../peers/install.js';
import { startPeer } from '../peers/start.js';
import type { Endpoint } from '../support/local-cloud.js';
import { type Command, freePort, lastLines, type ProcessGroup, startGroup } from '../support/process-group.js';
import type { Emulator } from './catalogue.js';

export type Origin = 'given' | 'running' | 'docker' | 'host';

export interface Found {
  readonly emulator: Emulator;
  /** Empty if the emulator does not report its version. */
  readonly version: string;
  readonly origin: Origin;
  readonly endpoint: string;
  readonly credentials: Endpoint['credentials'];
  /** Absent for an emulator that was found running, which must not be stopped. */
  readonly group?: ProcessGroup;
}

/** No emulator could be found or started; the message says what to do. */
export class NoEmulator extends Error {
  override readonly name = 'NoEmulator';
}

export interface FindOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly say: (line: string) => void;
  /** Tests leave it out, because they must not use an emulator that happens to run on the machine. */
  readonly usualEndpoint?: string;
}

const ANY_CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test' };
const HEALTH_TIMEOUT_MS = 2_000;
const HEALTH_POLL_MS = 200;
/** The time from the first answer to a healthy one. */
const HEALTHY_WITHIN_MS = 60_000;
/** Docker pulls the image first, which is more than a gigabyte. */
const CONTAINER_TIMEOUT_MS = 900_000;
const ENGINE_TIMEOUT_MS = 10_000;
/** LocalStack runs functions in containers of their own, for which it needs the socket. */
const DOCKER_SOCKET = '/var/run/docker.sock';

export async function findEmulator(emulator: Emulator, options: FindOptions): Promise<Found> {
  const given = options.env['ENDPOINT'] ?? '';
  if (given !== '') return atGivenEndpoint(emulator, given.replace(/\/+$/, ''), options.env);
  const usualEndpoint = options.usualEndpoint ?? emulator.usualEndpoint;
  const version = await versionAt(emulator, usualEndpoint);
  if (version !== undefined) {
    return { emulator, version, origin: 'running', endpoint: usualEndpoint, credentials: ANY_CREDENTIALS };
  }
  if (engineAnswers(options.env)) {
    try {
      return await inContainer(emulator);
    } catch (error) {
      if (!(error instanceof NoEmulator)) throw error;
      options.say(error.message);
    }
  }
  return onHost(emulator);
}

const ORIGINS: Readonly<Record<Origin, string>> = {
  given: 'as ENDPOINT says',
  running: 'found running',
  docker: 'in a container',
  host: 'host mode',
};

/** Describes the emulator, for example `LocalStack 4.12.0, host mode, http://127.0.0.1:40001`. */
export const describeFound = ({ emulator, version, origin, endpoint }: Found): string =>
  `${emulator.title} ${version === '' ? '(which does not tell its version)' : version}, ${ORIGINS[origin]}, ${endpoint}`;

async function atGivenEndpoint(emulator: Emulator, endpoint: string, env: NodeJS.ProcessEnv): Promise<Found> {
  const version = await versionAt(emulator, endpoint);
  if (version === undefined) {
    const problem = `ENDPOINT is ${endpoint}, where no ${emulator.title} answers at ${emulator.healthPath}.`;
    throw new NoEmulator(`${problem} Start it there, or leave ENDPOINT unset to have one found or started.`);
  }
  const credentials = {
    accessKeyId: env['AWS_ACCESS_KEY_ID'] ?? ANY_CREDENTIALS.accessKeyId,
    secretAccessKey: env['AWS_SECRET_ACCESS_KEY'] ?? ANY_CREDENTIALS.secretAccessKey,
  };
  return { emulator, version, origin: 'given', endpoint, credentials };
}

function engineAnswers(env: NodeJS.ProcessEnv): boolean {
  const asked = spawnSync('docker', ['info', '--format', '{{.ServerVersion}}'], {
    encoding: 'utf8',
    timeout: ENGINE_TIMEOUT_MS,
    env,
  });
  // Docker's client reports a missing engine, but some clients exit with 0 even so.
  return asked.status === 0 && /^\d/.test(asked.stdout.trim());
}

async function inContainer(emulator: Emulator): Promise<Found> {
  const port = await freePort();
  const group = startGroup(containerCommand(emulator, port));
  const endpoint = `http://127.0.0.1:${port}`;
  const version = await healthyVersion(emulator, endpoint, CONTAINER_TIMEOUT_MS, group);
  if (version === undefined) {
    await group.stop();
    const said = lastLines(group.output());
    throw new NoEmulator(
      `${emulator.docker.image} could not be started by Docker: ${said === '' ? 'no answer' : said}`,
    );
  }
  return {
    emulator,
    version: version || tagOf(emulator),
    origin: 'docker',
    endpoint,
    credentials: ANY_CREDENTIALS,
    group,
  };
}

const tagOf = ({ docker }: Emulator): string => docker.image.split(':')[1] ?? '';

function containerCommand({ name, docker }: Emulator, port: number): Command {
  const container = `spotpool-${name}-${randomBytes(4).toString('hex')}`;
  const args = ['run', '--rm', '--name', container, '--publish', `127.0.0.1:${port}:${docker.port}`];
  for (const [key, value] of Object.entries(docker.env)) args.push('--env', `${key}=${value}`);
  if (existsSync(DOCKER_SOCKET)) args.push('--volume', `${DOCKER_SOCKET}:${DOCKER_SOCKET}`);
  // If only the client were killed, the container would stay.
  return { file: 'docker', args: [...args, docker.image], afterwards: ['docker', 'rm', '--force', container] };
}

async function onHost(emulator: Emulator): Promise<Found> {
  const problems: string[] = [];
  for (const peer of emulator.peers) {
    try {
      const { endpoint, credentials, group } = await startPeer(peer);
      const version = await healthyVersion(emulator, endpoint, HEALTHY_WITHIN_MS, group);
      if (version !== undefined) {
        return { emulator, version: version || versionOf(peer), origin: 'host', endpoint, credentials, group };
      }
      await group.stop();
      problems.push(`It did not become healthy: ${lastLines(group.output())}`);
    } catch (error) {
      if (!(error instanceof PeerUnavailable)) throw error;
      problems.push(`${versionOf(peer)}: ${error.message}`);
    }
  }
  const ways = `Give an endpoint (ENDPOINT=http://…), start Docker, or: ${problems.join(' ')}`;
  throw new NoEmulator(`There is no ${emulator.title}. ${ways}`);
}

async function healthyVersion(
  emulator: Emulator,
  endpoint: string,
  timeoutMs: number,
  group: ProcessGroup,
): Promise<string | undefined> {
  const deadlineMs = Date.now() + timeoutMs;
  while (Date.now() < deadlineMs && !group.hasEnded()) {
    const version = await versionAt(emulator, endpoint);
    if (version !== undefined) return version;
    await delay(HEALTH_POLL_MS);
  }
  return undefined;
}

async function versionAt(emulator: Emulator, endpoint: string): Promise<string | undefined> {
  try {
    const answer = await fetch(`${endpoint}${emulator.healthPath}`, { signal: AbortSignal.timeout(HEALTH_TIMEOUT_MS) });
    return answer.ok ? emulator.versionIn(await answer.json()) : undefined;
  } catch {
    return undefined; // The port is closed, or another server listens on it.
  }
}

/**
 * Finds or starts the emulator for a run. It tries in this order: the endpoint in ENDPOINT, a healthy emulator on its usual port, a container if
 * Docker's engine answers, the program itself installed into .peers/. An emulator that was started here is also stopped
 * (bench/support/process-group.ts).
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
  /** '' when the emulator gives no version. */
  readonly version: string;
  readonly origin: Origin;
  readonly endpoint: string;
  readonly credentials: Endpoint['credentials'];
  /** The processes to stop at the end. Absent when the emulator was running before. */
  readonly group?: ProcessGroup;
}

/** No emulator was found or started. The message says why, and what to do. */
export class NoEmulator extends Error {
  override readonly name = 'NoEmulator';
}

export interface FindOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly say: (line: string) => void;
  /** Replaces the emulator's usual endpoint, so that tests do not find an emulator that happens to run on the machine. */
  readonly usualEndpoint?: string;
}

const ANY_CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test' };
const HEALTH_TIMEOUT_MS = 2_000;
const HEALTH_POLL_MS = 200;
/** The time from the first answer to a healthy one. */
const HEALTHY_WITHIN_MS = 60_000;
/** Docker may have to fetch the image first, which has more than a gigabyte. */
const CONTAINER_TIMEOUT_MS = 900_000;
const ENGINE_TIMEOUT_MS = 10_000;
/** LocalStack needs the socket, because it runs each function in a container. */
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
  given: 'from ENDPOINT',
  running: 'already running',
  docker: 'in a container',
  host: 'host mode',
};

/** Returns a text such as `LocalStack 4.12.0, host mode, http://127.0.0.1:40001`. */
export const describeFound = ({ emulator, version, origin, endpoint }: Found): string =>
  `${emulator.title} ${version === '' ? '(unknown version)' : version}, ${ORIGINS[origin]}, ${endpoint}`;

async function atGivenEndpoint(emulator: Emulator, endpoint: string, env: NodeJS.ProcessEnv): Promise<Found> {
  const version = await versionAt(emulator, endpoint);
  if (version === undefined) {
    const problem = `ENDPOINT is ${endpoint}, but no ${emulator.title} answers at ${emulator.healthPath}.`;
    throw new NoEmulator(`${problem} Start it there, or unset ENDPOINT to have one found or started.`);
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
  // A client without an engine prints an error, and some exit with 0 in spite of it.
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
    throw new NoEmulator(`Docker could not start ${emulator.docker.image}: ${said === '' ? 'no answer' : said}`);
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
  // The container is removed afterwards, because it would outlive a client that is killed.
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
      problems.push(`${versionOf(peer)} did not become healthy: ${lastLines(group.output())}`);
    } catch (error) {
      if (!(error instanceof PeerUnavailable)) throw error;
      problems.push(`${versionOf(peer)}: ${error.message}`);
    }
  }
  const ways = `Set ENDPOINT=http://…, or start Docker. Host mode failed: ${problems.join(' ')}`;
  throw new NoEmulator(`Could not find or start ${emulator.title}. ${ways}`);
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
    return undefined; // Nothing answers there, or something other than the emulator.
  }
}

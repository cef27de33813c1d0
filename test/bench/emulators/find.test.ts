import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { CATALOGUE } from '../../../bench/emulators/catalogue.js';
import { describeFound, findEmulator, type FindOptions } from '../../../bench/emulators/find.js';
import { freePort } from '../../../bench/support/process-group.js';
import { eventually } from '../../support/eventually.js';
import { type FakeDocker, fakeDocker, isAlive } from './fixtures/fake-docker.js';

const HEALTH = { localstack: '{"services":{"sqs":"running"},"version":"4.13.1"}', moto: '{"batch":{}}' };

let servers: Server[] = [];
let docker: FakeDocker | undefined;
let nobody = '';
beforeEach(async () => {
  nobody = `http://127.0.0.1:${await freePort()}`;
});
afterEach(async () => {
  vi.unstubAllEnvs();
  docker?.remove();
  docker = undefined;
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
});

async function answeringWith(body: string): Promise<string> {
  const server = createServer((_, response) => response.writeHead(200).end(body));
  servers = [...servers, server];
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const said: string[] = [];
const options = (env: NodeJS.ProcessEnv, usualEndpoint = nobody): FindOptions => ({
  env,
  usualEndpoint,
  say: (line) => void said.push(line),
});

describe('the endpoint in ENDPOINT', () => {
  test('is used, with its version and the credentials of the environment', async () => {
    const ENDPOINT = `${await answeringWith(HEALTH.localstack)}/`;
    const env = { ENDPOINT, AWS_ACCESS_KEY_ID: 'mine', AWS_SECRET_ACCESS_KEY: 'own' };
    const found = await findEmulator(CATALOGUE.localstack, options(env));
    expect(found).toMatchObject({ version: '4.13.1', origin: 'given', endpoint: ENDPOINT.slice(0, -1) });
    expect(found.credentials).toEqual({ accessKeyId: 'mine', secretAccessKey: 'own' });
    expect(found.group).toBeUndefined();
    expect(describeFound(found)).toMatch(/^LocalStack 4\.13\.1, from ENDPOINT, http:/);
  });

  test('is never replaced: the command fails where nothing or another emulator answers', async () => {
    const usual = await answeringWith(HEALTH.localstack);
    for (const ENDPOINT of [nobody, await answeringWith(HEALTH.moto)]) {
      await expect(findEmulator(CATALOGUE.localstack, options({ ENDPOINT }, usual))).rejects.toThrow(
        `ENDPOINT is ${ENDPOINT}, but no LocalStack answers`,
      );
    }
  });
});

test('a healthy emulator on its usual port is used, and is not stopped at the end', async () => {
  const usual = await answeringWith(HEALTH.moto);
  const found = await findEmulator(CATALOGUE.moto, options({}, usual));
  expect(found).toMatchObject({ version: '', origin: 'running', endpoint: usual });
  expect(found.group).toBeUndefined();
});

test('with Docker, a container of the pinned image is started, and removed at the end with everything that it started', async () => {
  docker = fakeDocker('28.0.0');
  for (const [name, value] of Object.entries(docker.env)) vi.stubEnv(name, value);
  const found = await findEmulator(CATALOGUE.moto, options(process.env));
  expect(found).toMatchObject({ version: '5.2.5', origin: 'docker' });
  const [, run = ''] = docker.calls();
  expect(run).toMatch(/^run --rm --name spotpool-moto-\w+ --publish 127\.0\.0\.1:\d+:5000 .*motoserver\/moto:5\.2\.5$/);
  const pids = docker.pids();
  expect(pids.filter(isAlive)).toHaveLength(2);

  await found.group?.stop();

  await eventually(() => pids.filter(isAlive).length === 0, { what: 'the end of the container and what it started' });
  expect(docker.calls().at(-1)).toBe(`rm --force ${/spotpool-moto-\w+/.exec(run)?.[0]}`);
});

test('a Docker client without an engine is skipped; when no emulator can be started, the message says what to do', async () => {
  docker = fakeDocker('');
  for (const [name, value] of Object.entries(docker.env)) vi.stubEnv(name, value);
  vi.stubEnv('PYTHON', '/nonexistent/python');
  await expect(findEmulator(CATALOGUE.localstack, options(process.env))).rejects.toThrow(
    /^Could not find or start LocalStack\. Set ENDPOINT=http:\/\/…, or start Docker\. Host mode failed: 4\.14\.0: It needs Python 3\.13: PYTHON is \/nonexistent\/python, which does not run\..*4\.12\.0: It needs Python 3\.12 or 3\.11 or 3\.10/,
  );
  expect(docker.calls().every((call) => call.startsWith('info'))).toBe(true);
});

/** Runs the command as users do, with a fake container (fixtures/docker.sh), and checks that an interruption leaves nothing behind. */
import { spawn } from 'node:child_process';
import { afterEach, expect, test } from 'vitest';
import { CATALOGUE } from '../../../bench/emulators/catalogue.js';
import { eventually } from '../../support/eventually.js';
import { type FakeDocker, fakeDocker, isAlive } from './fixtures/fake-docker.js';

let docker: FakeDocker | undefined;
afterEach(() => docker?.remove());

const { usualEndpoint, healthPath } = CATALOGUE.moto;
/** A running moto would be found and used before any container. */
const isMotoRunning = await fetch(`${usualEndpoint}${healthPath}`).then(
  () => true,
  () => false,
);

test.skipIf(isMotoRunning).each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
  '%s, twice: everything that was started is stopped, and the exit code names the signal',
  async (signal) => {
    docker = fakeDocker('28.0.0');
    const env = { ...process.env, ...docker.env, ENDPOINT: '' };
    const command = spawn(process.execPath, ['scripts/bench.mjs', 'emulators', 'moto', '--serve'], { env });
    const exited = new Promise<number | null>((resolve) => command.once('exit', resolve));
    let printed = '';
    command.stdout.on('data', (bytes: Buffer) => (printed += bytes.toString()));
    await eventually(() => printed.includes('AWS_ENDPOINT_URL='), { what: 'the environment that leads to it' });
    expect(printed).toMatch(/^export EMULATOR=moto$/m);
    const pids = docker.pids();
    expect(pids.filter(isAlive)).toHaveLength(2);

    command.kill(signal);
    command.kill(signal);

    expect(await exited).toBe({ SIGINT: 130, SIGTERM: 143, SIGHUP: 129 }[signal]);
    await eventually(() => pids.filter(isAlive).length === 0, { what: 'the end of the container and what it started' });
    expect(docker.calls().at(-1)).toMatch(/^rm --force spotpool-moto-/);
  },
);

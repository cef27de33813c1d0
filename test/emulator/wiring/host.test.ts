/** Runs `spotpool emulator host` as a user does, with real processes, against an EC2 whose instances are records only. */
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { isAlive } from '../../local/ec2/support.js';
import { runCli, type RunningCli, startCli } from '../../support/cli.js';
import { eventually } from '../../support/eventually.js';
import { FakeEc2 } from '../../support/fake-ec2.js';

let directory: string;
let ec2: FakeEc2;
let host: RunningCli;

beforeEach(async () => {
  directory = mkdtempSync(path.join(os.tmpdir(), 'spotpool-test-'));
  ec2 = await FakeEc2.start();
});

afterEach(async () => {
  host.child.kill('SIGKILL');
  await host.exited;
  await ec2.close();
  rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
});

const file = (name: string): string => path.join(directory, name);
const read = (name: string): string => readFileSync(file(name), 'utf8').trim();

/** In the user data, `@` stands for a directory that outlives the instance. */
function start(userData: string, ...args: readonly string[]): void {
  ec2.userData = `#!/bin/sh\n${userData.replaceAll('@', directory)}\n`;
  host = startCli(['emulator', 'host', '--fleet', 'sfr-1', '--endpoint', ec2.endpoint, '--json', ...args], {
    cwd: directory,
    env: { TMPDIR: directory, AWS_REGION: 'us-east-1' },
  });
}

const event = (name: string): Promise<Record<string, unknown>> =>
  eventually(() => host.events.find((told) => told['event'] === name), { what: `the event ${name}` });

const pids = (...names: readonly string[]): Promise<readonly number[]> =>
  eventually(() => {
    const found = names.map((name) => Number(read(name)));
    return found.every((pid) => pid > 0) ? found : undefined;
  });

const METADATA =
  'node -e \'const m=process.env.AWS_EC2_METADATA_SERVICE_ENDPOINT+"/latest/";(async()=>{\
const t=await(await fetch(m+"api/token",{method:"PUT",headers:{"x-aws-ec2-metadata-token-ttl-seconds":"60"}})).text();\
const get=async p=>{const r=await fetch(m+"meta-data/"+p,{headers:{"x-aws-ec2-metadata-token":t}});return r.ok?await r.text():String(r.status)};';

it('a running instance has a process with metadata and credentials of its own, which ends when the instance is terminated', async () => {
  ec2.states.set('i-1', 'running').set('i-2', 'pending');
  start(
    `echo $$ > @/pid; (setsid sleep 1000 & echo $! > @/child); ${METADATA}` +
      'console.log(JSON.stringify({id:await get("instance-id"),notice:await get("spot/instance-action"),' +
      'key:JSON.parse(await get("iam/security-credentials/spotpool-worker")).AccessKeyId}))})()\' > @/metadata; sleep 1000',
  );
  const metadata = await eventually(() => JSON.parse(read('metadata')) as unknown);
  expect(metadata).toEqual({ id: 'i-1', notice: '404', key: expect.stringMatching(/^instance[0-9a-f]{8}$/) as string });
  expect(host.events.filter((told) => told['event'] === 'instance-up')).toHaveLength(1);
  const processes = await pids('pid', 'child');
  ec2.states.set('i-1', 'shutting-down');
  await event('instance-ended');
  expect(processes.some(isAlive)).toBe(false);
  expect(ec2.states.get('i-1')).toBe('shutting-down');
});

it('with --notice, an instance that is terminated in EC2 sees its notice, and is ended when that is over', async () => {
  ec2.states.set('i-1', 'running');
  start(
    `trap "" TERM; echo $$ > @/pid; ${METADATA}for(;;){const n=await get("spot/instance-action");if(n!=="404"){console.log(n);return}\
await new Promise(r=>setTimeout(r,50))}})()' > @/notice; while :; do sleep 0.1; done`,
    '--notice',
    '2',
  );
  await event('instance-up');
  ec2.states.set('i-1', 'terminated');
  const notice = await eventually(() => JSON.parse(read('notice')) as { action: string; time: string });
  expect(notice.action).toBe('terminate');
  const [pid = 0] = await pids('pid');
  expect(isAlive(pid)).toBe(true);
  await event('instance-ended');
  expect(isAlive(pid)).toBe(false);
  expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(notice.time));
});

it('an instance whose worker ends is terminated in EC2, without a notice, and gets no other worker', async () => {
  ec2.states.set('i-1', 'running');
  start('echo once >> @/runs; echo "cannot go on" >&2; exit 3', '--notice', '60');
  expect((await event('worker-ended'))['message']).toBe(
    'The worker of i-1 exited with code 3. Its last line: cannot go on',
  );
  await event('instance-terminated');
  expect(ec2.states.get('i-1')).toBe('terminated');
  // Another instance shows that the host has looked again.
  ec2.states.set('i-2', 'running');
  await eventually(() => host.events.filter((told) => told['event'] === 'worker-ended').length === 2);
  expect(read('runs').split('\n')).toHaveLength(2);
  expect(host.events.some((told) => told['event'] === 'notice')).toBe(false);
});

it('an instance whose user data cannot be run is ended, with the reason', async () => {
  ec2.states.set('i-1', 'running');
  start('');
  ec2.userData = '#cloud-config\nruncmd: []';
  expect((await event('instance-not-started'))['message']).toContain(
    'Could not start i-1: The user data is cloud-config',
  );
  await eventually(() => ec2.states.get('i-1') === 'terminated');
});

it('an EC2 that goes away is reported once and ends nothing; the host continues when it is back', async () => {
  ec2.states.set('i-1', 'running');
  start('echo $$ > @/pid; exec sleep 1000');
  const [pid = 0] = await pids('pid');
  ec2.isBroken = true;
  expect((await event('trouble'))['message']).toContain('Could not list the instances in EC2');
  ec2.isBroken = false;
  ec2.states.set('i-2', 'running');
  await event('trouble-over');
  await eventually(() => host.events.filter((told) => told['event'] === 'instance-up').length === 2);
  expect(host.events.filter((told) => told['event'] === 'trouble')).toHaveLength(1);
  expect(isAlive(pid)).toBe(true);
});

it('Ctrl-C ends every process, leaves EC2 as it is, and nothing on the disk', async () => {
  ec2.states.set('i-1', 'running').set('i-2', 'running');
  start('echo $$ > @/pid.$$; exec sleep 1000');
  await eventually(() => host.events.filter((told) => told['event'] === 'instance-up').length === 2);
  const processes = host.events.map((told) => Number(told['pid'])).filter((pid) => pid > 0);
  host.child.kill('SIGINT');
  expect((await host.exited).code).toBe(0);
  expect(processes.some(isAlive)).toBe(false);
  expect([...ec2.states.values()]).toEqual(['running', 'running']);
  expect(readdirSync(directory).filter((name) => name.startsWith('spotpool-host-'))).toEqual([]);
});

it('a host that is killed leaves no processes, and another host continues with its instances', async () => {
  ec2.states.set('i-1', 'running');
  start('echo $$ > @/pid; (setsid sleep 1000 & echo $! > @/child); while :; do sleep 0.1; done');
  const processes = await pids('pid', 'child');
  await event('instance-up');
  host.child.kill('SIGKILL');
  await host.exited;
  await eventually(() => !processes.some(isAlive));
  rmSync(file('pid'));
  start('echo $$ > @/pid; exec sleep 1000');
  const [again = 0] = await pids('pid');
  expect(isAlive(again)).toBe(true);
});

it('with --directory, the consoles of instances are kept after the host has ended', async () => {
  ec2.states.set('i-1', 'running');
  start('echo said', '--directory', 'kept');
  await event('instance-terminated');
  host.child.kill('SIGTERM');
  await host.exited;
  expect(read('kept/consoles/i-1.log')).toBe('said');
  expect(existsSync(file('kept/instances/i-1'))).toBe(false);
});

it('a second host of the same instances is refused; a host that was killed blocks nobody', async () => {
  start('true');
  await event('hosting');
  const [second, other] = await Promise.all([
    runCli(['emulator', 'host', '--fleet', 'sfr-1', '--endpoint', ec2.endpoint], { cwd: directory }),
    runCli(['emulator', 'host', '--fleet', 'sfr-1'], { cwd: directory }),
  ]);
  expect(second).toMatchObject({ code: 2, stderr: expect.stringContaining(`pid ${host.child.pid}`) as string });
  expect(other).toMatchObject({ code: 2, stderr: expect.stringContaining('--endpoint') as string });
  host.child.kill('SIGKILL');
  await host.exited;
  start('true');
  await event('hosting');
});

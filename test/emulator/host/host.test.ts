import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { HostEvent } from '../../../emulator/host/events.js';
import { hostInstances, type HostOptions } from '../../../emulator/host/host.js';
import type { Machine, RecordedInstances, RunningInstance, SeenInstance } from '../../../emulator/host/ports.js';
import { eventually } from '../../support/eventually.js';
import { seen } from './seen.js';

class Fake {
  readonly states = new Map<string, SeenInstance['state']>();
  readonly reported: HostEvent[] = [];
  readonly terminated: string[] = [];
  readonly ended: string[] = [];
  readonly leaders = new Map<string, (how: string) => void>();
  lacking = 0;
  refusals = 0;
  looks = 0;
  isSilent = false;
  /** A start waits for it. */
  starting: Promise<void> = Promise.resolve();

  readonly ec2: RecordedInstances = {
    list: async () => {
      this.looks += 1;
      if (this.isSilent) throw new Error('no answer');
      return [...this.states].map(([instance, state]) => seen(instance, state));
    },
    userData: async () => new Uint8Array(),
    terminate: async (instance) => {
      if (this.refusals-- > 0) throw new Error('not now');
      this.terminated.push(instance);
      this.states.set(instance, 'terminated');
    },
    refill: async () => {
      const { lacking } = this;
      this.lacking = 0;
      return lacking;
    },
  };

  readonly machine: Machine = {
    start: async ({ instance }, _userData, onLeaderEnded): Promise<RunningInstance> => {
      this.leaders.set(instance, onLeaderEnded);
      await this.starting;
      return {
        pid: 1,
        consoleFile: '/console',
        notice: () => undefined,
        end: async () => void this.ended.push(instance),
        lastLine: () => 'the last line',
      };
    },
  };

  events(name: HostEvent['event']): readonly HostEvent[] {
    return this.reported.filter(({ event }) => event === name);
  }
}

const clock = {
  nowMs: () => Date.now(),
  sleep: async (ms: number, signal: AbortSignal) => void (await delay(ms, undefined, { signal })),
};
let fake: Fake;
let stop: AbortController;
let done: Promise<void>;

function host(options: Partial<HostOptions> = {}): void {
  const report = (event: HostEvent): void => void fake.reported.push(event);
  const all = { noticeMs: 0, replace: false, maxInstances: 10, lookEveryMs: 5, ...options };
  done = hostInstances({ ec2: fake.ec2, machine: fake.machine, clock, report }, all, stop.signal);
}

beforeEach(() => {
  fake = new Fake();
  stop = new AbortController();
});
afterEach(async () => {
  stop.abort();
  await done;
});

it('when a worker ends while its instance is starting, its processes are ended and its instance is terminated', async () => {
  let started = (): void => undefined;
  fake.starting = new Promise((resolve) => (started = resolve));
  fake.states.set('i-1', 'running');
  host();
  const leaderEnded = await eventually(() => fake.leaders.get('i-1'));
  leaderEnded('exited with code 1');
  started();
  await eventually(() => fake.terminated.length === 1);
  expect(fake.ended).toEqual(['i-1']);
  expect(fake.reported.map(({ event }) => event)).toEqual([
    'instance-up',
    'worker-ended',
    'instance-ended',
    'instance-terminated',
  ]);
  expect(fake.events('worker-ended')[0]?.message).toContain('Its last line: the last line');
});

it('a termination that EC2 refuses is reported once and retried until it succeeds', async () => {
  fake.refusals = 3;
  fake.states.set('i-1', 'running');
  host();
  (await eventually(() => fake.leaders.get('i-1')))('exited with code 0');
  await eventually(() => fake.terminated.length === 1);
  expect(fake.events('trouble').map(({ message }) => message)).toEqual([
    'Could not terminate i-1 in EC2 (not now); retrying.',
  ]);
  await eventually(() => fake.events('trouble-over').length === 1);
});

it('a host that is ended while an instance starts ends that instance too', async () => {
  let started = (): void => undefined;
  fake.starting = new Promise((resolve) => (started = resolve));
  fake.states.set('i-1', 'running');
  host();
  await eventually(() => fake.leaders.get('i-1'));
  stop.abort();
  started();
  await done;
  expect(fake.ended).toEqual(['i-1']);
  expect(fake.terminated).toEqual([]);
});

it('a host with --replace refills its fleet and reports it', async () => {
  fake.lacking = 2;
  host();
  await eventually(() => fake.looks > 2);
  expect(fake.lacking).toBe(2);
  stop.abort();
  await done;
  stop = new AbortController();
  host({ replace: true });
  await eventually(() => fake.events('fleet-refilled').length === 1);
  expect(fake.reported[0]?.message).toContain('2 instances');
});

it('a host runs at most --max-instances at once, reports it once, and runs the others when one ends', async () => {
  for (const id of ['i-1', 'i-2', 'i-3']) fake.states.set(id, 'running');
  host({ maxInstances: 2 });
  await eventually(() => fake.events('instance-up').length === 2 && fake.looks > 3);
  expect(fake.leaders.has('i-3')).toBe(false);
  expect(fake.events('instances-wait')).toHaveLength(1);
  fake.leaders.get('i-1')?.('exited with code 0');
  await eventually(() => fake.leaders.has('i-3'));
});

it('an instance whose notice is over is ended, whether EC2 answers or not', async () => {
  fake.states.set('i-1', 'running');
  host({ noticeMs: 200 });
  await eventually(() => fake.events('instance-up').length === 1);
  fake.states.set('i-1', 'terminated');
  await eventually(() => fake.events('notice').length === 1);
  fake.isSilent = true;
  await eventually(() => fake.ended.length === 1);
  expect(fake.events('trouble')).toHaveLength(1);
});

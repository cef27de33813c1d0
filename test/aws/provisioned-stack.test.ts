/** The adapters and the controller against the local cloud, through the real SDK. */
import { setTimeout as delay } from 'node:timers/promises';
import { ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { GetScheduleCommand, type SchedulerClient } from '@aws-sdk/client-scheduler';
import { describe, expect, it } from 'vitest';
import { makeEc2Client, makeS3Client, makeSchedulerClient, makeSqsClient } from '../../aws/clients.js';
import { makeDeadManSwitch } from '../../aws/dead-man-switch.js';
import { makeFleet } from '../../aws/fleet.js';
import { deleteFleet, provisionFleet } from '../../aws/fleet-provisioner.js';
import { S3ObjectStore } from '../../aws/s3-object-store.js';
import { Ec2SpotPrices } from '../../aws/spot-prices.js';
import { SqsJobQueue } from '../../aws/sqs-job-queue.js';
import { provisionStack, type StackClients } from '../../aws/stack-provisioner.js';
import { decodeBatchMessage } from '../../core/contract/batch-message.js';
import type { Manifest } from '../../core/contract/job.js';
import * as keys from '../../core/contract/keys.js';
import { encodePlanLine } from '../../core/dataset/plan.js';
import { encodeOutcomeMetadata } from '../../core/contract/result-line.js';
import type { StackConfig } from '../../core/contract/stack.js';
import { startLocalCloud } from '../../local/cloud.js';
import { parseOptions } from '../../local/options.js';
import { newControllerMemory } from '../../runner/controller/memory.js';
import type { ControllerPorts } from '../../runner/controller/ports.js';
import { runPass } from '../../runner/controller/run-pass.js';
import type { FleetInstance } from '../../runner/ports.js';
import { readJobStatus } from '../../runner/status/job-status.js';
import { eventually } from '../support/eventually.js';

const { signal } = new AbortController();
const BATCHES = 3;

interface TestStack {
  readonly stack: StackConfig;
  readonly clients: StackClients;
  readonly scheduler: SchedulerClient;
  readonly ports: ControllerPorts;
  readonly provision: () => Promise<StackConfig>;
}

/** A local cloud of its own for each test: its instances must have ended when the test has. */
async function withStack(use: (test: TestStack) => Promise<void>): Promise<void> {
  const cloud = await startLocalCloud(parseOptions(['--arrive-over-ms', '0', '--time-scale', '100']));
  const connection = { region: cloud.region, endpoint: cloud.endpoint, credentials: cloud.accessKey };
  const clients = { sqs: makeSqsClient(connection), s3: makeS3Client(connection), ec2: makeEc2Client(connection) };
  const scheduler = makeSchedulerClient(connection);
  const userData = () => '#!/bin/sh\nexec sleep 600\n';
  const options = { clients, name: 'test', fleet: 'ec2-fleet' as const, region: cloud.region, maxWorkers: 5, userData };
  const provision = () => provisionStack(options, signal);
  try {
    const stack = await provision();
    const ports: ControllerPorts = {
      store: new S3ObjectStore(clients.s3, stack.bucket),
      queue: new SqsJobQueue(clients.sqs, stack.queueUrl),
      fleet: makeFleet(clients.ec2, stack),
      deadMan: makeDeadManSwitch(scheduler, { stack, fleetId: () => stack.fleetId, nowMs: Date.now }),
      clock: { nowMs: Date.now, sleep: (ms, abort) => delay(ms, undefined, { signal: abort }) },
    };
    await use({ stack, clients, scheduler, ports, provision });
  } finally {
    for (const client of [...Object.values(clients), scheduler]) client.destroy();
    await cloud.close();
  }
}

async function addJob({ store }: ControllerPorts, job: string): Promise<void> {
  const manifest: Manifest = {
    version: 1,
    job,
    dataset: { name: 'd', digest: 'd', kind: 'lines', items: BATCHES, bytes: BATCHES, badItems: 0 },
    model: { name: 'm', digest: 'm', start: { kind: 'module', entry: 'index.mjs' } },
    options: { slots: 1, concurrency: 1, maxAttempts: 3, itemTimeoutSeconds: 300, env: {} },
    batches: BATCHES,
    createdAt: new Date().toISOString(),
    createdBy: 'test',
    versions: { spotpool: '0', node: '20' },
  };
  const plan = Array.from({ length: BATCHES }, (_, batch) =>
    encodePlanLine({ batch, key: 'part', startByte: batch, endByte: batch + 1, firstIndex: batch, items: 1 }),
  );
  await store.put(keys.planKey(job), plan.join(''), { signal });
  await store.put(keys.manifestKey(job), JSON.stringify(manifest), { signal, ifNoneMatch: true });
  await store.put(keys.enqueuedKey(job), '{}', { signal });
}

describe('a stack on the local cloud', () => {
  it('is made once, however often it is asked for', () =>
    withStack(async ({ stack, ports, provision }) => {
      expect(await provision()).toEqual(stack);
      expect(await ports.fleet.describe(signal)).toMatchObject({ target: 0, fulfilled: 0, instances: [] });
    }));

  it('is raised for a job, has lost messages sent again, and is parked without ending anybody', () =>
    withStack(async ({ stack, clients, scheduler, ports }) => {
      await addJob(ports, 'a');
      const options = { maxWorkers: stack.maxWorkers, memory: newControllerMemory(), quietMs: 1 };
      const pass = () => runPass(ports, options, signal);
      await eventually(async () => (await pass()).state?.target === BATCHES, { what: 'the published target' });
      const { ScheduleExpression } = await scheduler.send(new GetScheduleCommand({ Name: 'test' }));
      expect(ScheduleExpression, 'the switch was armed before the raise').toMatch(/^at\(/);
      const running = await eventually(
        async () => {
          const live = (await ports.fleet.describe(signal)).instances.filter(({ state }) => state === 'running');
          return live.length === BATCHES ? live : undefined;
        },
        { what: 'the instances' },
      );
      const prices = new Ec2SpotPrices(clients.ec2, Date.now);
      expect(await prices.spotDollarsPerHour(running[0] as FleetInstance, signal)).toBeGreaterThan(0);

      await eventually(async () => (await pass()).events.some(({ code }) => code === 'batches-sent-again'));
      expect(await ports.queue.counts(signal)).toEqual({ visible: BATCHES, inFlight: 0, delayed: 0 });
      const { Messages } = await clients.sqs.send(
        new ReceiveMessageCommand({ QueueUrl: stack.queueUrl, MaxNumberOfMessages: 10 }),
      );
      const messages = (Messages ?? []).map(({ Body }) => decodeBatchMessage(Body ?? ''));
      expect(messages.map((message) => message?.batch).sort()).toEqual([0, 1, 2]);
      expect(messages[0]).toMatchObject({ job: 'a', key: 'part' });

      for (let batch = 0; batch < BATCHES; batch++) {
        await ports.store.put(keys.outcomeKey('a', batch), '{}\n', {
          signal,
          metadata: encodeOutcomeMetadata({ lease: 'l', instance: 'i', ok: 1, failed: 0, givenUp: false }),
        });
      }
      expect(await readJobStatus(ports, 'a', signal)).toMatchObject({ state: 'complete', items: { ok: BATCHES } });
      const report = await eventually(async () => {
        const seen = await pass();
        return seen.state?.target === 0 ? seen : undefined;
      });
      expect(report.state).toMatchObject({ target: 0, grants: BATCHES });
      expect(report.fleet).toMatchObject({ target: 0, running: BATCHES, starting: BATCHES });
      expect(report.parked).toBe(false);
    }));

  it('is not raised when its switch cannot be armed (R9)', () =>
    withStack(async ({ stack, scheduler, ports }) => {
      await addJob(ports, 'a');
      const elsewhere = { ...stack, scheduler: { roleArn: stack.scheduler?.roleArn ?? '', groupName: 'nowhere' } };
      const deadMan = makeDeadManSwitch(scheduler, { stack: elsewhere, fleetId: () => stack.fleetId, nowMs: Date.now });
      const report = await runPass({ ...ports, deadMan }, { maxWorkers: stack.maxWorkers }, signal);
      expect(report.events.find(({ code }) => code === 'raise-refused')?.message).toContain('group nowhere');
      expect(report.description).toMatchObject({ target: 0, state: 'active', instances: [] });
    }));
});

it('has a Spot Fleet where that is asked for, which is found again, replaced when it would boot otherwise, and deleted', async () => {
  await withStack(async ({ clients: { ec2 }, stack }) => {
    const options = { name: 'spot', region: stack.region, kind: 'spot-fleet' as const };
    const userData = '#!/bin/sh\nexec sleep 600\n';
    const first = await provisionFleet(ec2, options, userData, signal);
    expect(first).toMatch(/^sfr-/);
    // One that was just requested cannot be modified, or cancelled with a new one in its place, yet.
    const fleet = makeFleet(ec2, { fleetId: first, name: 'spot' });
    await eventually(async () => (await fleet.describe(signal)).state === 'active');
    expect(await provisionFleet(ec2, options, userData, signal)).toBe(first);
    await fleet.setTarget(1, signal);
    const running = async (of: typeof fleet): Promise<boolean> =>
      (await of.describe(signal)).instances.some(({ state }) => state === 'running');
    await eventually(() => running(fleet));
    const second = await provisionFleet(ec2, options, `${userData}# other\n`, signal);
    expect(second).not.toBe(first);
    await eventually(async () => !(await running(fleet)));
    // The one that is gone is not looked for any more.
    expect((await fleet.describe(signal)).insteadOf).toEqual({ named: first, found: second });
    await eventually(async () => (await fleet.describe(signal)).state === 'active');
    await fleet.setTarget(1, signal);
    await eventually(() => running(fleet));
    const deleted = await deleteFleet(ec2, options, signal);
    expect(deleted).toMatchObject({ fleetId: second, ended: [expect.stringMatching(/^i-/)] });
    await eventually(async () => !(await running(fleet)));
    expect(await deleteFleet(ec2, options, signal)).toEqual({ fleetId: undefined, ended: [] });
  });
});

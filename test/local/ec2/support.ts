/** The EC2 side of the local cloud, reached through the real SDK. Everything that a test starts is ended after it. */
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {
  CreateFleetCommand,
  type CreateFleetCommandInput,
  CreateLaunchTemplateCommand,
  DescribeFleetsCommand,
  DescribeInstancesCommand,
  EC2Client,
  type FleetData,
  type Instance,
  ModifyFleetCommand,
  type RequestLaunchTemplateData,
} from '@aws-sdk/client-ec2';
import { onTestFinished } from 'vitest';
import { noFaults } from '../../../local/admin/faults.js';
import { createAdminService } from '../../../local/admin/service.js';
import { basicAuthorization } from '../../../local/http/basic.js';
import { type AccessKey, Credentials } from '../../../local/http/credentials.js';
import { Compute, type ComputeOptions, DEFAULT_COMPUTE_OPTIONS } from '../../../local/ec2/compute.js';
import { createEc2Service } from '../../../local/ec2/service.js';
import type { Imperfections } from '../../../local/faults/imperfections.js';
import { startServer } from '../../../local/http/server.js';
import { processTable } from '../../../local/instances/process-table.js';
import { noWatchdog } from '../../../local/instances/watchdog.js';
import { eventually } from '../../support/eventually.js';

/** Registers a cleanup; the cleanups of a test run in reverse order. */
export const afterThisTest = (cleanup: () => unknown): void =>
  onTestFinished(async () => {
    await cleanup();
  });

export function temporaryDirectory(): string {
  const directory = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'spotpool-test-')));
  afterThisTest(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Clouds that a test builds itself accept this key. */
export const TEST_KEY: AccessKey = { accessKeyId: 'test', secretAccessKey: 'test' };

export function knowing(key: AccessKey): Credentials {
  const credentials = new Credentials();
  credentials.add(key);
  return credentials;
}

export interface TestCloud {
  readonly imperfections: Imperfections;
  readonly ec2: EC2Client;
  readonly compute: Compute;
  readonly endpoint: string;
  /** A directory for marks that the test's user data leaves; it outlives the instances. */
  readonly scratch: string;
}

export async function startTestCloud(options: Partial<ComputeOptions> = {}): Promise<TestCloud> {
  const directory = temporaryDirectory();
  const faults = noFaults();
  const { imperfections } = faults;
  const compute = new Compute(
    { ...DEFAULT_COMPUTE_OPTIONS, settleMs: 20, directory, ...options },
    noWatchdog,
    undefined,
    imperfections,
  );
  afterThisTest(() => compute.close());
  const server = await startServer(
    {
      ec2: createEc2Service(compute),
      admin: createAdminService({ credentials: knowing(TEST_KEY), compute, faults, shutdown: () => undefined }),
    },
    { port: 0 },
  );
  afterThisTest(() => server.close());
  const ec2 = new EC2Client({
    endpoint: server.endpoint,
    region: 'us-east-1',
    credentials: TEST_KEY,
    maxAttempts: 1,
  });
  afterThisTest(() => ec2.destroy());
  return { ec2, compute, imperfections, endpoint: server.endpoint, scratch: temporaryDirectory() };
}

export const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** User data without an interpreter of its own is run by the shell. */
const scriptOf = (userData: string): string =>
  userData.startsWith('#') || userData === '' ? userData : `#!/bin/sh\n${userData}`;

export async function createTemplate(
  { ec2 }: TestCloud,
  userData: string,
  data: RequestLaunchTemplateData = {},
  name = 'template',
): Promise<string> {
  const { LaunchTemplate } = await ec2.send(
    new CreateLaunchTemplateCommand({
      LaunchTemplateName: name,
      LaunchTemplateData: {
        ImageId: 'ami-1',
        InstanceType: 'c7g.large',
        UserData: base64(scriptOf(userData)),
        ...data,
      },
    }),
  );
  return LaunchTemplate?.LaunchTemplateId ?? '';
}

export interface FleetOfTest {
  readonly target: number;
  readonly userData?: string;
  readonly data?: RequestLaunchTemplateData;
  readonly policy?: 'termination' | 'no-termination';
  readonly more?: Partial<CreateFleetCommandInput>;
}

/** Creates a fleet of instances that sleep by default; resolves when it is active. */
export async function createFleet(cloud: TestCloud, fleet: FleetOfTest): Promise<string> {
  const template = await createTemplate(cloud, fleet.userData ?? 'sleep 1000', fleet.data);
  const { FleetId } = await cloud.ec2.send(
    new CreateFleetCommand({
      Type: 'maintain',
      ExcessCapacityTerminationPolicy: fleet.policy ?? 'no-termination',
      LaunchTemplateConfigs: [{ LaunchTemplateSpecification: { LaunchTemplateId: template, Version: '1' } }],
      TargetCapacitySpecification: { TotalTargetCapacity: fleet.target, DefaultTargetCapacityType: 'spot' },
      ...fleet.more,
    }),
  );
  await eventually(async () => (await describeFleet(cloud, FleetId ?? '')).FleetState === 'active');
  return FleetId ?? '';
}

export async function describeFleet({ ec2 }: TestCloud, id: string): Promise<FleetData> {
  const [fleet] = (await ec2.send(new DescribeFleetsCommand({ FleetIds: [id] }))).Fleets ?? [];
  if (fleet === undefined) throw new Error(`There is no fleet ${id}.`);
  return fleet;
}

export async function setTarget(
  cloud: TestCloud,
  id: string,
  target: number,
  policy: 'termination' | 'no-termination' = 'no-termination',
): Promise<void> {
  await cloud.ec2.send(
    new ModifyFleetCommand({
      FleetId: id,
      ExcessCapacityTerminationPolicy: policy,
      TargetCapacitySpecification: { TotalTargetCapacity: target },
    }),
  );
  await eventually(async () => (await describeFleet(cloud, id)).FleetState === 'active');
}

export async function describeInstances({ ec2 }: TestCloud, state?: string): Promise<readonly Instance[]> {
  const Filters = state === undefined ? [] : [{ Name: 'instance-state-name', Values: [state] }];
  const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({ Filters }));
  return Reservations.flatMap((reservation) => reservation.Instances ?? []);
}

/** Waits until exactly `count` instances run. */
export async function running(cloud: TestCloud, count: number): Promise<readonly Instance[]> {
  return eventually(
    async () => {
      const instances = await describeInstances(cloud, 'running');
      return instances.length === count ? instances : undefined;
    },
    { what: `${count} running instances` },
  );
}

export async function terminated(cloud: TestCloud, count: number): Promise<readonly Instance[]> {
  return eventually(
    async () => {
      const instances = await describeInstances(cloud, 'terminated');
      return instances.length === count ? instances : undefined;
    },
    { what: `${count} terminated instances` },
  );
}

export const idOf = (instance: Instance | undefined): string => instance?.InstanceId ?? '';

export async function admin(
  cloud: { readonly endpoint: string; readonly accessKey?: AccessKey },
  method: string,
  where: string,
  body?: unknown,
): Promise<{ readonly status: number; readonly body: Record<string, unknown> }> {
  const response = await fetch(`${cloud.endpoint}/_local/${where}`, {
    method,
    headers: { authorization: basicAuthorization(cloud.accessKey ?? TEST_KEY) },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

/** A process that has ended but was not reaped (an orphan in a container without init) counts as dead. */
export const isAlive = (pid: number): boolean => processTable().some((entry) => entry.pid === pid && !entry.zombie);

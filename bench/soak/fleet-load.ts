/**
 * Load on a fleet: its target is raised and lowered, and its instances are taken without notice. An instance is a
 * shell that sleeps.
 */
import { setTimeout as delay } from 'node:timers/promises';
import {
  CreateFleetCommand,
  CreateLaunchTemplateCommand,
  DescribeFleetsCommand,
  DescribeInstancesCommand,
  type EC2Client,
  ModifyFleetCommand,
} from '@aws-sdk/client-ec2';
import { askAdmin, type Endpoint } from '../support/local-cloud.js';
import { type Lane, repeat, upTo } from './lane.js';

const MOST_INSTANCES = 4;
const LIVE = ['pending', 'running', 'shutting-down', 'stopping'];
const EMPTY_TIMEOUT_MS = 60_000;

export async function makeFleet(ec2: EC2Client): Promise<string> {
  const { LaunchTemplate } = await ec2.send(
    new CreateLaunchTemplateCommand({
      LaunchTemplateName: 'soak',
      LaunchTemplateData: {
        ImageId: 'ami-00000000000000000',
        UserData: Buffer.from('#!/bin/sh\necho up\nexec sleep 600\n').toString('base64'),
      },
    }),
  );
  const { FleetId = '' } = await ec2.send(
    new CreateFleetCommand({
      Type: 'maintain',
      LaunchTemplateConfigs: [
        {
          LaunchTemplateSpecification: {
            LaunchTemplateId: LaunchTemplate?.LaunchTemplateId,
            Version: '$Latest',
          },
          Overrides: [{ InstanceType: 'c7g.large', AvailabilityZone: 'us-east-1a' }],
        },
      ],
      TargetCapacitySpecification: { TotalTargetCapacity: 0, DefaultTargetCapacityType: 'spot' },
    }),
  );
  return FleetId;
}

export async function fleetLoad(lane: Lane, ec2: EC2Client, FleetId: string, cloud: Endpoint): Promise<void> {
  await Promise.all([
    repeat(lane, 'fleet', async () => {
      await setTarget(ec2, FleetId, upTo(MOST_INSTANCES + 1));
      await pause(lane, 1_500);
      await ec2.send(new DescribeFleetsCommand({ FleetIds: [FleetId] }));
      await ec2.send(new DescribeInstancesCommand({}));
    }),
    repeat(lane, 'reclaim', async () => {
      await pause(lane, 4_000);
      const init = { method: 'POST', body: JSON.stringify({ noticeMs: null }) };
      await (await askAdmin(cloud, 'reclaim-all', init)).text();
    }),
  ]);
}

export async function emptyFleet(ec2: EC2Client, FleetId: string): Promise<void> {
  const deadlineMs = Date.now() + EMPTY_TIMEOUT_MS;
  while (Date.now() < deadlineMs) {
    try {
      await setTarget(ec2, FleetId, 0);
      break;
    } catch {
      await delay(200); // The fleet is still being modified.
    }
  }
  for (;;) {
    const { Reservations = [] } = await ec2.send(
      new DescribeInstancesCommand({ Filters: [{ Name: 'instance-state-name', Values: LIVE }] }),
    );
    if (Reservations.length === 0) return;
    if (Date.now() > deadlineMs) throw new Error(`${Reservations.length} instances did not end.`);
    await delay(100);
  }
}

const setTarget = (ec2: EC2Client, FleetId: string, TotalTargetCapacity: number): Promise<unknown> =>
  ec2.send(
    new ModifyFleetCommand({
      FleetId,
      ExcessCapacityTerminationPolicy: 'termination',
      TargetCapacitySpecification: { TotalTargetCapacity },
    }),
  );

const pause = (lane: Lane, ms: number): Promise<void> =>
  delay(ms, undefined, { signal: lane.signal }).catch(() => undefined);

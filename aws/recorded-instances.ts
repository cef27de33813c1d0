/** The `RecordedInstances` port: the instances of a stack by its tag, or of a fleet by its id, with what they boot from. */
import {
  DescribeInstanceAttributeCommand,
  type EC2Client,
  type Instance,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import type { RecordedInstances, SeenInstance } from '../emulator/host/ports.js';
import { allPages, listInstances } from './ec2-instances.js';
import { isFleetMissing, isInstanceMissing } from './errors.js';
import { backendOf } from './fleet.js';

export interface RecordedOf {
  /** Its instances are found by its tag; the fleet's own ones are when absent. */
  readonly stack?: string;
  readonly fleetId: string;
}

export function makeRecordedInstances(client: EC2Client, of: RecordedOf): RecordedInstances {
  return {
    list: async (known, signal) => {
      const ids = of.stack === undefined ? await activeIds(client, of.fleetId, signal) : [];
      // Emulators show no instances of a fleet that they do not know, and that is all.
      if (of.stack === undefined && ids.length + known.length === 0) await mustBeThere(client, of.fleetId, signal);
      const found = await listInstances(client, { stack: of.stack, ids: [...new Set([...known, ...ids])] }, signal);
      return found.map(toSeen).filter((seen) => seen !== undefined);
    },
    userData: async (InstanceId, abortSignal) => {
      // https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstanceAttribute.html
      const command = new DescribeInstanceAttributeCommand({ InstanceId, Attribute: 'userData' });
      const { UserData } = await client.send(command, { abortSignal });
      return Buffer.from(UserData?.Value ?? '', 'base64');
    },
    terminate: async (instance, abortSignal) => {
      try {
        await client.send(new TerminateInstancesCommand({ InstanceIds: [instance] }), { abortSignal });
      } catch (error) {
        if (!isInstanceMissing(error)) throw error;
      }
    },
    refill: async (signal) => {
      const active = await activeIds(client, of.fleetId, signal);
      const backend = backendOf(client, of.fleetId);
      // Last: a controller may lower the target at any moment. If it does between these two calls, it lowers it again.
      const fleet = await backend.read(signal);
      const lacking = fleet?.state === 'active' ? Math.max(0, fleet.target - active.length) : 0;
      if (fleet !== undefined && lacking > 0) await backend.setTarget(fleet.target, signal);
      return lacking;
    },
  };
}

async function activeIds(client: EC2Client, fleetId: string, signal: AbortSignal): Promise<readonly string[]> {
  const backend = backendOf(client, fleetId);
  const active = await allPages((token) => backend.activeInstances(token, signal)).catch((error: unknown) => {
    if (isFleetMissing(error)) return []; // gone, with its instances: those that are known are looked for all the same
    throw error;
  });
  return active.map(({ InstanceId }) => InstanceId).filter((id) => id !== undefined);
}

async function mustBeThere(client: EC2Client, fleetId: string, signal: AbortSignal): Promise<void> {
  const fleet = await backendOf(client, fleetId).read(signal);
  if (fleet === undefined) throw new Error(`There is no fleet ${fleetId}.`);
}

function toSeen(instance: Instance): SeenInstance | undefined {
  const { InstanceId, State, InstanceType, Placement, LaunchTime, ImageId, Tags, IamInstanceProfile } = instance;
  if (InstanceId === undefined || State?.Name === undefined) return undefined;
  return {
    instance: InstanceId,
    state: State.Name,
    instanceType: InstanceType ?? 'unknown',
    zone: Placement?.AvailabilityZone ?? 'unknown',
    launchedAtMs: LaunchTime?.getTime() ?? 0,
    imageId: ImageId ?? 'unknown',
    tags: Object.fromEntries((Tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value])),
    instanceProfile: IamInstanceProfile?.Arn,
  };
}

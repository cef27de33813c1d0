/** The `RecordedInstances` port: the instances of a stack by its tag, or of a fleet by its id, with their image and user data. */
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
  /** The tag of this stack finds the instances. When absent, the fleet's own instances count. */
  readonly stack?: string;
  readonly fleetId: string;
}

export function makeRecordedInstances(client: EC2Client, of: RecordedOf): RecordedInstances {
  return {
    list: async (known, signal) => {
      const ids = of.stack === undefined ? await activeIds(client, of.fleetId, signal) : [];
      // An emulator shows no instances of a fleet that it does not know, instead of an error.
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
      // The read comes last, because a controller may lower the target at any moment. If it does so between these two calls, it lowers it again.
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
    if (isFleetMissing(error)) return []; // the fleet is gone with its instances; the known ones are still looked for
    throw error;
  });
  return active.map(({ InstanceId }) => InstanceId).filter((id) => id !== undefined);
}

async function mustBeThere(client: EC2Client, fleetId: string, signal: AbortSignal): Promise<void> {
  const fleet = await backendOf(client, fleetId).read(signal);
  if (fleet === undefined) throw new Error(`The fleet ${fleetId} does not exist.`);
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

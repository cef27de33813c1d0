/** The `RecordedInstances` port: the instances of a stack by its tag, or of a fleet by its id, with what they boot from. */
import {
  DescribeInstanceAttributeCommand,
  type EC2Client,
  type Instance,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import type { RecordedInstances, SeenInstance } from '../runner/host/ports.js';
import { allPages, listInstances } from './ec2-instances.js';
import { isInstanceMissing } from './errors.js';
import { backendOf } from './fleet.js';

export type RecordedOf = { readonly stack: string } | { readonly fleetId: string };

export function makeRecordedInstances(client: EC2Client, of: RecordedOf): RecordedInstances {
  return {
    list: async (known, signal) => {
      const ids = 'fleetId' in of ? [...known, ...(await activeIds(client, of.fleetId, signal))] : known;
      const stack = 'stack' in of ? of.stack : undefined;
      const found = await listInstances(client, { stack, ids: [...new Set(ids)] }, signal);
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
  };
}

async function activeIds(client: EC2Client, fleetId: string, signal: AbortSignal): Promise<readonly string[]> {
  const backend = backendOf(client, fleetId);
  const active = await allPages((token) => backend.activeInstances(token, signal));
  return active.map(({ InstanceId }) => InstanceId).filter((id) => id !== undefined);
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

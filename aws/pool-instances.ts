/** The `PoolInstances` port, which finds a stack's instances by its tag. */
import { type EC2Client, TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import type { PoolInstances } from '../runner/ports.js';
import { describeInstances } from './ec2-instances.js';
import { isInstanceMissing } from './errors.js';

/** AWS recommends ending instances in groups. https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_TerminateInstances.html */
const INSTANCES_PER_CALL = 100;

export function makePoolInstances(client: EC2Client, stack: string): PoolInstances {
  return {
    list: (signal) => describeInstances(client, { stack, ids: [] }, signal),
    terminate: async (instances, abortSignal) => {
      for (let start = 0; start < instances.length; start += INSTANCES_PER_CALL) {
        const InstanceIds = instances.slice(start, start + INSTANCES_PER_CALL);
        try {
          await client.send(new TerminateInstancesCommand({ InstanceIds }), { abortSignal });
        } catch (error) {
          // The next listing has the remaining instances.
          if (!isInstanceMissing(error)) throw error;
        }
      }
    },
  };
}

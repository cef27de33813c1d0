/** An EC2 Fleet of type `maintain`, which the CDK stack makes. https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyFleet.html */
import {
  DescribeFleetInstancesCommand,
  DescribeFleetsCommand,
  ModifyFleetCommand,
  type EC2Client,
} from '@aws-sdk/client-ec2';
import { fleetStateOf } from './ec2-instances.js';
import { findEc2Fleet } from './find-fleet.js';
import type { FleetBackend } from './fleet-backend.js';
import { ec2FleetTarget } from './target-requests.js';

export function ec2Fleet(client: EC2Client, fleetId: string): FleetBackend {
  return {
    fleetId,
    read: async (abortSignal) => {
      const { Fleets } = await client.send(new DescribeFleetsCommand({ FleetIds: [fleetId] }), { abortSignal });
      const fleet = Fleets?.[0];
      if (fleet === undefined) return undefined;
      return {
        target: fleet.TargetCapacitySpecification?.TotalTargetCapacity ?? 0,
        fulfilled: fleet.FulfilledCapacity ?? 0,
        state: fleetStateOf(fleet.FleetState),
      };
    },
    findAnother: (stack, signal) => findEc2Fleet(client, stack, signal),
    activeInstances: async (token, abortSignal) => {
      const command = new DescribeFleetInstancesCommand({ FleetId: fleetId, NextToken: token });
      const { ActiveInstances, NextToken } = await client.send(command, { abortSignal });
      return { items: ActiveInstances, token: NextToken };
    },
    setTarget: async (target, abortSignal) => {
      await client.send(new ModifyFleetCommand(ec2FleetTarget(fleetId, target)), { abortSignal });
    },
  };
}

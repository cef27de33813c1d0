/**
 * A Spot Fleet request. AWS calls it legacy, but many accounts use it. It differs from an EC2 Fleet in the case of its words, and shows the old target
 * until a modification is done. https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifySpotFleetRequest.html
 */
import {
  DescribeSpotFleetInstancesCommand,
  DescribeSpotFleetRequestsCommand,
  ModifySpotFleetRequestCommand,
  type EC2Client,
} from '@aws-sdk/client-ec2';
import { fleetStateOf } from './ec2-instances.js';
import { findSpotFleet } from './find-fleet.js';
import type { FleetBackend } from './fleet-backend.js';
import { spotFleetTarget } from './target-requests.js';

export function spotFleet(client: EC2Client, fleetId: string): FleetBackend {
  return {
    fleetId,
    read: async (abortSignal) => {
      const command = new DescribeSpotFleetRequestsCommand({ SpotFleetRequestIds: [fleetId] });
      const { SpotFleetRequestConfigs } = await client.send(command, { abortSignal });
      const request = SpotFleetRequestConfigs?.[0];
      if (request === undefined) return undefined;
      return {
        target: request.SpotFleetRequestConfig?.TargetCapacity ?? 0,
        fulfilled: request.SpotFleetRequestConfig?.FulfilledCapacity ?? 0,
        state: fleetStateOf(request.SpotFleetRequestState),
      };
    },
    findAnother: (stack, signal) => findSpotFleet(client, stack, signal),
    activeInstances: async (token, abortSignal) => {
      const command = new DescribeSpotFleetInstancesCommand({ SpotFleetRequestId: fleetId, NextToken: token });
      const { ActiveInstances, NextToken } = await client.send(command, { abortSignal });
      return { items: ActiveInstances, token: NextToken };
    },
    setTarget: async (target, abortSignal) => {
      await client.send(new ModifySpotFleetRequestCommand(spotFleetTarget(fleetId, target)), { abortSignal });
    },
  };
}

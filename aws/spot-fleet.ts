/**
 * The `Fleet` port on a Spot Fleet request: legacy on AWS, but what many accounts have. It differs in the case of its words,
 * and shows the old target until a modification is done.
 */
import {
  DescribeSpotFleetInstancesCommand,
  DescribeSpotFleetRequestsCommand,
  ModifySpotFleetRequestCommand,
  type EC2Client,
} from '@aws-sdk/client-ec2';
import type { Fleet, FleetDescription, SetTargetResult } from '../runner/ports.js';
import { allPages, describeInstances, fleetStateOf } from './ec2-instances.js';
import { isFleetBusy, isNothingToChange } from './errors.js';

export class SpotFleet implements Fleet {
  constructor(
    private readonly client: EC2Client,
    private readonly fleetId: string,
    private readonly stack: string,
  ) {}

  async describe(signal: AbortSignal): Promise<FleetDescription> {
    const { SpotFleetRequestConfigs } = await this.client.send(
      new DescribeSpotFleetRequestsCommand({ SpotFleetRequestIds: [this.fleetId] }),
      { abortSignal: signal },
    );
    const request = SpotFleetRequestConfigs?.[0];
    if (request === undefined) throw new Error(`EC2 does not show the fleet ${this.fleetId}: is it of this region?`);
    const instances = await describeInstances(
      this.client,
      { stack: this.stack, ids: await this.activeIds(signal) },
      signal,
    );
    return {
      target: request.SpotFleetRequestConfig?.TargetCapacity ?? 0,
      fulfilled: request.SpotFleetRequestConfig?.FulfilledCapacity ?? 0,
      state: fleetStateOf(request.SpotFleetRequestState),
      instances,
    };
  }

  /** See `Ec2Fleet.setTarget`. https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifySpotFleetRequest.html */
  async setTarget(target: number, signal: AbortSignal): Promise<SetTargetResult> {
    try {
      await this.client.send(
        new ModifySpotFleetRequestCommand({
          SpotFleetRequestId: this.fleetId,
          TargetCapacity: target,
          ExcessCapacityTerminationPolicy: 'noTermination',
        }),
        { abortSignal: signal },
      );
      return 'accepted';
    } catch (error) {
      if (isFleetBusy(error)) return 'busy';
      if (isNothingToChange(error)) return 'accepted';
      throw error;
    }
  }

  private async activeIds(signal: AbortSignal): Promise<readonly string[]> {
    const active = await allPages(async (token) => {
      const command = new DescribeSpotFleetInstancesCommand({ SpotFleetRequestId: this.fleetId, NextToken: token });
      const { ActiveInstances, NextToken } = await this.client.send(command, { abortSignal: signal });
      return { items: ActiveInstances, token: NextToken };
    });
    return active.map(({ InstanceId }) => InstanceId).filter((id) => id !== undefined);
  }
}

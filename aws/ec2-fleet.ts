/** The `Fleet` port on an EC2 Fleet of type `maintain`: what the stack provisions. */
import {
  DescribeFleetInstancesCommand,
  DescribeFleetsCommand,
  ModifyFleetCommand,
  type EC2Client,
} from '@aws-sdk/client-ec2';
import type { Fleet, FleetDescription, SetTargetResult } from '../runner/ports.js';
import { allPages, describeInstances, fleetStateOf } from './ec2-instances.js';
import { isFleetBusy, isNothingToChange } from './errors.js';

export class Ec2Fleet implements Fleet {
  constructor(
    private readonly client: EC2Client,
    private readonly fleetId: string,
    private readonly stack: string,
  ) {}

  async describe(signal: AbortSignal): Promise<FleetDescription> {
    const { Fleets } = await this.client.send(new DescribeFleetsCommand({ FleetIds: [this.fleetId] }), {
      abortSignal: signal,
    });
    const fleet = Fleets?.[0];
    if (fleet === undefined) throw new Error(`EC2 does not show the fleet ${this.fleetId}: is it of this region?`);
    const instances = await describeInstances(
      this.client,
      { stack: this.stack, ids: await this.activeIds(signal) },
      signal,
    );
    return {
      target: fleet.TargetCapacitySpecification?.TotalTargetCapacity ?? 0,
      fulfilled: fleet.FulfilledCapacity ?? 0,
      state: fleetStateOf(fleet.FleetState),
      instances,
    };
  }

  /**
   * The policy goes with every call: whether an earlier one is kept is not documented, and without it lowering would end
   * instances of EC2's choice. https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyFleet.html
   */
  async setTarget(target: number, signal: AbortSignal): Promise<SetTargetResult> {
    try {
      await this.client.send(
        new ModifyFleetCommand({
          FleetId: this.fleetId,
          ExcessCapacityTerminationPolicy: 'no-termination',
          TargetCapacitySpecification: { TotalTargetCapacity: target },
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
      const command = new DescribeFleetInstancesCommand({ FleetId: this.fleetId, NextToken: token });
      const { ActiveInstances, NextToken } = await this.client.send(command, { abortSignal: signal });
      return { items: ActiveInstances, token: NextToken };
    });
    return active.map(({ InstanceId }) => InstanceId).filter((id) => id !== undefined);
  }
}

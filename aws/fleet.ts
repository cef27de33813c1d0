/** The `Fleet` port, on whichever of EC2's two fleet APIs the fleet's id tells. */
import type { EC2Client } from '@aws-sdk/client-ec2';
import { FleetMissing } from '../runner/errors.js';
import type { Fleet, FleetDescription, SetTargetResult } from '../runner/ports.js';
import { ec2Fleet } from './ec2-fleet.js';
import { allPages, describeInstances } from './ec2-instances.js';
import { isFleetBusy, isNothingToChange } from './errors.js';
import type { FleetBackend } from './fleet-backend.js';
import { spotFleet } from './spot-fleet.js';

export function makeFleet(
  client: EC2Client,
  { fleetId, name }: { readonly fleetId: string; readonly name: string },
): Fleet {
  return new AwsFleet(client, backendOf(client, fleetId), name);
}

function backendOf(client: EC2Client, fleetId: string): FleetBackend {
  if (fleetId.startsWith('fleet-')) return ec2Fleet(client, fleetId);
  if (fleetId.startsWith('sfr-')) return spotFleet(client, fleetId);
  throw new Error(`"${fleetId}" is no fleet's id: an EC2 Fleet's begins with fleet-, a Spot Fleet's with sfr-.`);
}

class AwsFleet implements Fleet {
  constructor(
    private readonly client: EC2Client,
    private readonly backend: FleetBackend,
    private readonly stack: string,
  ) {}

  async describe(signal: AbortSignal): Promise<FleetDescription> {
    const fleet = await this.backend.read(signal);
    if (fleet === undefined) {
      throw new FleetMissing(`EC2 does not show the fleet ${this.backend.fleetId}: is it of this region?`);
    }
    const active = await allPages((token) => this.backend.activeInstances(token, signal));
    const ids = active.map(({ InstanceId }) => InstanceId).filter((id) => id !== undefined);
    return { ...fleet, instances: await describeInstances(this.client, { stack: this.stack, ids }, signal) };
  }

  async setTarget(target: number, signal: AbortSignal): Promise<SetTargetResult> {
    try {
      await this.backend.setTarget(target, signal);
      return 'accepted';
    } catch (error) {
      if (isFleetBusy(error)) return 'busy';
      if (isNothingToChange(error)) return 'accepted';
      throw error;
    }
  }
}

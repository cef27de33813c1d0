/** Which kind of fleet it is, its id tells. */
import type { EC2Client } from '@aws-sdk/client-ec2';
import type { Fleet } from '../runner/ports.js';
import { Ec2Fleet } from './ec2-fleet.js';
import { SpotFleet } from './spot-fleet.js';

export function makeFleet(
  client: EC2Client,
  { fleetId, name }: { readonly fleetId: string; readonly name: string },
): Fleet {
  if (fleetId.startsWith('fleet-')) return new Ec2Fleet(client, fleetId, name);
  if (fleetId.startsWith('sfr-')) return new SpotFleet(client, fleetId, name);
  throw new Error(`"${fleetId}" is no fleet's id: an EC2 Fleet's begins with fleet-, a Spot Fleet's with sfr-.`);
}

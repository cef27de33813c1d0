/** A stack's EC2 Fleet by its tag. DescribeFleets filters by no tag, and shows deleted fleets for a while. */
import { DescribeFleetsCommand, type EC2Client } from '@aws-sdk/client-ec2';
import { STACK_TAG } from '../core/tags.js';
import { allPages, fleetStateOf } from './ec2-instances.js';

/** The id of one that can still be used. */
export async function findFleet(client: EC2Client, stack: string, signal: AbortSignal): Promise<string | undefined> {
  const fleets = await allPages(async (token) => {
    const page = await client.send(new DescribeFleetsCommand({ NextToken: token }), { abortSignal: signal });
    return { items: page.Fleets, token: page.NextToken };
  });
  return fleets.find(
    ({ FleetState, Tags }) =>
      !['deleted', 'failed'].includes(fleetStateOf(FleetState)) &&
      Tags?.some(({ Key, Value }) => Key === STACK_TAG && Value === stack) === true,
  )?.FleetId;
}

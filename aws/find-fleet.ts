/** Finds a stack's fleet by its tag, among the fleets of one kind. Neither API filters by tag, and both show deleted fleets for a while. */
import { DescribeFleetsCommand, DescribeSpotFleetRequestsCommand, type EC2Client, type Tag } from '@aws-sdk/client-ec2';
import { STACK_TAG } from '../core/contract/tags.js';
import { allPages, fleetStateOf } from './ec2-instances.js';

interface ListedFleet {
  readonly id: string | undefined;
  readonly state: string | undefined;
  readonly tags: readonly Tag[] | undefined;
}

/** Returns the id of an EC2 Fleet that can still be used. */
export async function findEc2Fleet(
  client: EC2Client,
  stack: string,
  abortSignal: AbortSignal,
): Promise<string | undefined> {
  const fleets = await allPages(async (token) => {
    const page = await client.send(new DescribeFleetsCommand({ NextToken: token }), { abortSignal });
    return { items: page.Fleets, token: page.NextToken };
  });
  return usable(
    fleets.map(({ FleetId, FleetState, Tags }) => ({ id: FleetId, state: FleetState, tags: Tags })),
    stack,
  );
}

/** Returns the id of a Spot Fleet that can still be used. */
export async function findSpotFleet(
  client: EC2Client,
  stack: string,
  abortSignal: AbortSignal,
): Promise<string | undefined> {
  const requests = await allPages(async (token) => {
    const page = await client.send(new DescribeSpotFleetRequestsCommand({ NextToken: token }), { abortSignal });
    return { items: page.SpotFleetRequestConfigs, token: page.NextToken };
  });
  return usable(
    requests.map(({ SpotFleetRequestId, SpotFleetRequestState, Tags }) => ({
      id: SpotFleetRequestId,
      state: SpotFleetRequestState,
      tags: Tags,
    })),
    stack,
  );
}

const usable = (fleets: readonly ListedFleet[], stack: string): string | undefined =>
  fleets.find(
    ({ state, tags }) =>
      !['deleted', 'failed'].includes(fleetStateOf(state)) &&
      tags?.some(({ Key, Value }) => Key === STACK_TAG && Value === stack) === true,
  )?.id;

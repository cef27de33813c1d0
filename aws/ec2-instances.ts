/** The instances of a fleet as EC2 shows them. All of EC2's describe calls are eventually consistent. */
import { DescribeInstancesCommand, type EC2Client, type Filter, type Instance } from '@aws-sdk/client-ec2';
import { STACK_TAG } from '../core/contract/tags.js';
import type { FleetDescription, FleetInstance } from '../runner/ports.js';

/** One filter accepts this many values. https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html */
const IDS_PER_CALL = 200;
/** The largest page that EC2 returns makes the fewest calls. */
const PAGE = 1_000;

const RECLAIM_CODES = new Set(['Server.SpotInstanceTermination', 'Server.SpotInstanceShutdown']);

export interface InstanceChoice {
  /** Finds the instances with this stack's tag. */
  readonly stack?: string | undefined;
  /** Finds also the instances with these ids. */
  readonly ids: readonly string[];
}

export async function describeInstances(
  client: EC2Client,
  choice: InstanceChoice,
  signal: AbortSignal,
): Promise<readonly FleetInstance[]> {
  return (await listInstances(client, choice, signal)).map(toFleetInstance).filter((seen) => seen !== undefined);
}

/**
 * Ids go into a filter and not into `InstanceIds`, where one that EC2 does not know (any more, or yet) would make the whole call fail with
 * `InvalidInstanceID.NotFound`.
 */
export async function listInstances(
  client: EC2Client,
  { stack, ids }: InstanceChoice,
  signal: AbortSignal,
): Promise<readonly Instance[]> {
  const found = new Map<string, Instance>();
  if (stack !== undefined) await collect(client, [{ Name: `tag:${STACK_TAG}`, Values: [stack] }], found, signal);
  const others = ids.filter((id) => !found.has(id));
  for (let start = 0; start < others.length; start += IDS_PER_CALL) {
    const values = others.slice(start, start + IDS_PER_CALL);
    await collect(client, [{ Name: 'instance-id', Values: values }], found, signal);
  }
  return [...found.values()];
}

async function collect(
  client: EC2Client,
  filters: Filter[],
  found: Map<string, Instance>,
  signal: AbortSignal,
): Promise<void> {
  const reservations = await allPages(async (token) => {
    const command = new DescribeInstancesCommand({ Filters: filters, MaxResults: PAGE, NextToken: token });
    const { Reservations, NextToken } = await client.send(command, { abortSignal: signal });
    return { items: Reservations, token: NextToken };
  });
  for (const instance of reservations.flatMap(({ Instances }) => Instances ?? [])) {
    if (instance.InstanceId !== undefined) found.set(instance.InstanceId, instance);
  }
}

/** EC2 ends a listing with no token, or with an empty one. */
export async function allPages<T>(
  fetch: (token: string | undefined) => Promise<{
    readonly items: readonly T[] | undefined;
    readonly token: string | undefined;
  }>,
): Promise<readonly T[]> {
  const all: T[] = [];
  let token: string | undefined;
  do {
    const page = await fetch(token);
    all.push(...(page.items ?? []));
    token = page.token === '' ? undefined : page.token;
  } while (token !== undefined);
  return all;
}

/** The state may come from either API. A fleet that is deleted or cancelled, or on the way there, cannot be modified. */
export function fleetStateOf(state: string | undefined): FleetDescription['state'] {
  switch (state) {
    case 'submitted':
    case 'active':
    case 'modifying':
    case 'failed':
      return state;
    default:
      return 'deleted';
  }
}

function toFleetInstance(instance: Instance): FleetInstance | undefined {
  const { InstanceId, State, InstanceType, Placement, LaunchTime, StateReason } = instance;
  const state = State?.Name;
  if (InstanceId === undefined || state === undefined) return undefined;
  return {
    instance: InstanceId,
    state,
    instanceType: InstanceType ?? 'unknown',
    zone: Placement?.AvailabilityZone ?? 'unknown',
    launchedAtMs: LaunchTime?.getTime() ?? 0,
    reclaimed: RECLAIM_CODES.has(StateReason?.Code ?? ''),
  };
}

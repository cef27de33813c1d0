/**
 * Creates a launch template and a fleet through the SDK, on the local cloud or an emulator of AWS. The caller chooses the kind of fleet: an EC2
 * Fleet as on AWS, or a Spot Fleet, because LocalStack and moto keep no EC2 Fleet.
 *
 * Invariants:
 * - A fleet is created at target 0, with the policy no-termination.
 * - A second run finds what the first one made. An EC2 Fleet launches the newest version of the template. A Spot Fleet is bound to the version
 *   that it was created with, so it is replaced when its instances would boot otherwise than the caller asks now.
 */
import {
  CancelSpotFleetRequestsCommand,
  CreateFleetCommand,
  CreateLaunchTemplateCommand,
  CreateLaunchTemplateVersionCommand,
  DeleteFleetsCommand,
  DeleteLaunchTemplateCommand,
  DescribeLaunchTemplatesCommand,
  DescribeLaunchTemplateVersionsCommand,
  DescribeSubnetsCommand,
  type _InstanceType,
  type EC2Client,
  type RequestLaunchTemplateData,
  RequestSpotFleetCommand,
} from '@aws-sdk/client-ec2';
import { STACK_TAG } from '../core/contract/tags.js';
import { allPages } from './ec2-instances.js';
import { isAlreadyThere } from './errors.js';
import { findEc2Fleet, findSpotFleet } from './find-fleet.js';
import { makePoolInstances } from './pool-instances.js';
import { spotFleet } from './spot-fleet.js';

export type FleetKind = 'ec2-fleet' | 'spot-fleet';

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-add-user-data.html */
const MAX_USER_DATA_BYTES = 16 * 1024;
/** A fleet has several pools of capacity, in case one runs short or is reclaimed. */
const DEFAULT_INSTANCE_TYPES = ['c7g.large', 'c6g.large', 'm7g.large', 'm6g.large'] as const;
const DEFAULT_ZONE_LETTERS = ['a', 'b', 'c'] as const;
/** A launch template must name an image, although emulators launch none. */
const DEFAULT_IMAGE_ID = 'ami-00000000000000000';
/** A Spot Fleet must name a role, although emulators check none. */
const EMULATOR_FLEET_ROLE = 'arn:aws:iam::000000000000:role/spotpool-fleet';

export interface FleetOptions {
  readonly name: string;
  readonly region: string;
  readonly kind: FleetKind;
  readonly instanceTypes?: readonly string[];
  readonly zones?: readonly string[];
  readonly imageId?: string;
  /** The profile that gives the instances their credentials. An emulator that checks no credentials needs none. */
  readonly instanceProfile?: string;
}

/** Resolves with the fleet's id. `userData` is plain text. */
export async function provisionFleet(
  client: EC2Client,
  options: FleetOptions,
  userData: string,
  signal: AbortSignal,
): Promise<string> {
  const isSpotFleet = options.kind === 'spot-fleet';
  const found = await (isSpotFleet ? findSpotFleet : findEc2Fleet)(client, options.name, signal);
  const endOld = async (): Promise<void> => {
    if (isSpotFleet && found !== undefined) await endSpotFleet(client, found, signal);
  };
  const template = await makeLaunchTemplate(client, options, userData, endOld, signal);
  if (found !== undefined && !(isSpotFleet && template.isNew)) return found;
  return isSpotFleet
    ? makeSpotFleet(client, template, options, signal)
    : makeEc2Fleet(client, template.name, options, signal);
}

/**
 * Deletes the fleet, the instances and the launch template of a stack, as far as they exist. As on AWS, a cancelled or deleted fleet is still
 * shown for a while.
 */
export async function deleteFleet(
  client: EC2Client,
  { name, kind }: Pick<FleetOptions, 'name' | 'kind'>,
  signal: AbortSignal,
): Promise<{ readonly fleetId: string | undefined; readonly ended: readonly string[] }> {
  const instances = makePoolInstances(client, name);
  const live = async (): Promise<readonly string[]> =>
    (await instances.list(signal))
      .filter(({ state }) => state !== 'terminated' && state !== 'shutting-down')
      .map(({ instance }) => instance);
  const find = kind === 'spot-fleet' ? findSpotFleet : findEc2Fleet;
  const fleetId = await find(client, name, signal);
  const before = await live();
  // The fleet is deleted before its instances: it would replace instances that end first.
  if (fleetId !== undefined && kind === 'spot-fleet') await endSpotFleet(client, fleetId, signal);
  if (fleetId !== undefined && kind === 'ec2-fleet') {
    await client.send(new DeleteFleetsCommand({ FleetIds: [fleetId], TerminateInstances: true }), {
      abortSignal: signal,
    });
  }
  await instances.terminate(await live(), signal);
  await deleteLaunchTemplate(client, templateName(name), signal);
  return { fleetId, ended: before };
}

/** The template is looked up first, because moto's error for a missing template is that of a request without a name. */
async function deleteLaunchTemplate(client: EC2Client, name: string, abortSignal: AbortSignal): Promise<void> {
  const Filters = [{ Name: 'launch-template-name', Values: [name] }];
  const { LaunchTemplates } = await client.send(new DescribeLaunchTemplatesCommand({ Filters }), { abortSignal });
  if (!LaunchTemplates?.some(({ LaunchTemplateName }) => LaunchTemplateName === name)) return;
  await client.send(new DeleteLaunchTemplateCommand({ LaunchTemplateName: name }), { abortSignal });
}

/** `TerminateInstances` is set only for a fleet with instances, because moto refuses it for an empty one. */
async function endSpotFleet(client: EC2Client, fleetId: string, abortSignal: AbortSignal): Promise<void> {
  const { items } = await spotFleet(client, fleetId).activeInstances(undefined, abortSignal);
  const TerminateInstances = (items ?? []).length > 0;
  const command = new CancelSpotFleetRequestsCommand({ SpotFleetRequestIds: [fleetId], TerminateInstances });
  const { UnsuccessfulFleetRequests } = await client.send(command, { abortSignal });
  const [failed] = UnsuccessfulFleetRequests ?? [];
  if (failed !== undefined) throw new Error(`Could not cancel the fleet ${fleetId}: ${failed.Error?.Message}`);
}

const templateName = (stack: string): string => `${stack}-worker`;

interface Template {
  readonly name: string;
  readonly version: string;
  /** True when the template, or this version of it, was created now. */
  readonly isNew: boolean;
}

/**
 * `endOld` ends the fleet that is bound to the last version. It runs before the new version is created. Otherwise a run that broke off in between
 * would leave a fleet that the next run takes for a current one.
 */
async function makeLaunchTemplate(
  client: EC2Client,
  { name: stack, imageId = DEFAULT_IMAGE_ID, instanceProfile }: FleetOptions,
  userData: string,
  endOld: () => Promise<void>,
  abortSignal: AbortSignal,
): Promise<Template> {
  const bytes = Buffer.byteLength(userData);
  if (bytes > MAX_USER_DATA_BYTES) {
    throw new Error(`The user data of stack ${stack} has ${bytes} bytes. EC2 accepts at most ${MAX_USER_DATA_BYTES}.`);
  }
  const LaunchTemplateData: RequestLaunchTemplateData = {
    ImageId: imageId,
    ...(instanceProfile === undefined ? {} : { IamInstanceProfile: { Name: instanceProfile } }),
    UserData: Buffer.from(userData).toString('base64'),
    // A worker ends its instance through the operating system (R6, R9). That must not leave a stopped instance behind.
    InstanceInitiatedShutdownBehavior: 'terminate',
    MetadataOptions: { HttpTokens: 'required', HttpEndpoint: 'enabled' },
    TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: STACK_TAG, Value: stack }] }],
  };
  const name = templateName(stack);
  try {
    await client.send(new CreateLaunchTemplateCommand({ LaunchTemplateName: name, LaunchTemplateData }), {
      abortSignal,
    });
    await endOld();
    return { name, version: '1', isNew: true };
  } catch (error) {
    if (!isAlreadyThere(error)) throw error;
  }
  const { LaunchTemplateVersions } = await client.send(
    new DescribeLaunchTemplateVersionsCommand({ LaunchTemplateName: name, Versions: ['$Latest'] }),
    { abortSignal },
  );
  const last = LaunchTemplateVersions?.[0];
  if (last?.VersionNumber !== undefined && last.LaunchTemplateData?.UserData === LaunchTemplateData.UserData) {
    return { name, version: String(last.VersionNumber), isNew: false };
  }
  await endOld();
  const made = await client.send(
    new CreateLaunchTemplateVersionCommand({ LaunchTemplateName: name, LaunchTemplateData }),
    { abortSignal },
  );
  const version = made.LaunchTemplateVersion?.VersionNumber;
  return { name, version: needed(version?.toString(), `the version of ${name}`), isNew: true };
}

async function makeEc2Fleet(
  client: EC2Client,
  launchTemplateName: string,
  { name, region, instanceTypes = DEFAULT_INSTANCE_TYPES, zones }: FleetOptions,
  abortSignal: AbortSignal,
): Promise<string> {
  const made = await client.send(
    new CreateFleetCommand({
      Type: 'maintain',
      ExcessCapacityTerminationPolicy: 'no-termination',
      TargetCapacitySpecification: { TotalTargetCapacity: 0, DefaultTargetCapacityType: 'spot' },
      SpotOptions: { AllocationStrategy: 'price-capacity-optimized' },
      LaunchTemplateConfigs: [
        {
          LaunchTemplateSpecification: { LaunchTemplateName: launchTemplateName, Version: '$Latest' },
          Overrides: instanceTypes.flatMap((instanceType) =>
            zoneNames(region, zones).map((AvailabilityZone) => ({
              InstanceType: instanceType as _InstanceType,
              AvailabilityZone,
            })),
          ),
        },
      ],
      TagSpecifications: [{ ResourceType: 'fleet', Tags: [{ Key: STACK_TAG, Value: name }] }],
    }),
    { abortSignal },
  );
  return needed(made.FleetId, 'the id of the fleet');
}

/**
 * The fleet names subnets if the account has default ones. moto, and LocalStack, which is built on it, subtracts an ended instance from the
 * fleet's capacity only if fleet and instance name the same subnet. Otherwise it would launch nothing for a second job.
 */
async function makeSpotFleet(
  client: EC2Client,
  template: Template,
  { name, region, instanceTypes = DEFAULT_INSTANCE_TYPES, zones }: FleetOptions,
  abortSignal: AbortSignal,
): Promise<string> {
  const places = await placesOf(client, zoneNames(region, zones), abortSignal);
  const made = await client.send(
    new RequestSpotFleetCommand({
      SpotFleetRequestConfig: {
        Type: 'maintain',
        TargetCapacity: 0,
        ExcessCapacityTerminationPolicy: 'noTermination',
        AllocationStrategy: 'priceCapacityOptimized',
        IamFleetRole: EMULATOR_FLEET_ROLE,
        LaunchTemplateConfigs: [
          {
            LaunchTemplateSpecification: { LaunchTemplateName: template.name, Version: template.version },
            Overrides: instanceTypes.flatMap((instanceType) =>
              places.map((place) => ({ InstanceType: instanceType as _InstanceType, ...place })),
            ),
          },
        ],
        TagSpecifications: [{ ResourceType: 'spot-fleet-request', Tags: [{ Key: STACK_TAG, Value: name }] }],
      },
    }),
    { abortSignal },
  );
  return needed(made.SpotFleetRequestId, 'the id of the fleet');
}

async function placesOf(
  client: EC2Client,
  zones: readonly string[],
  abortSignal: AbortSignal,
): Promise<readonly ({ readonly SubnetId: string } | { readonly AvailabilityZone: string })[]> {
  const subnets = await allPages(async (NextToken) => {
    const Filters = [{ Name: 'default-for-az', Values: ['true'] }];
    const page = await client.send(new DescribeSubnetsCommand({ Filters, NextToken }), { abortSignal });
    return { items: page.Subnets, token: page.NextToken };
  });
  const inZones = subnets.flatMap(({ SubnetId, AvailabilityZone }) =>
    SubnetId !== undefined && zones.includes(AvailabilityZone ?? '') ? [{ SubnetId }] : [],
  );
  return inZones.length > 0 ? inZones : zones.map((AvailabilityZone) => ({ AvailabilityZone }));
}

const zoneNames = (region: string, zones: readonly string[] | undefined): readonly string[] =>
  zones ?? DEFAULT_ZONE_LETTERS.map((letter) => `${region}${letter}`);

function needed(value: string | undefined, what: string): string {
  if (value === undefined) throw new Error(`EC2's answer lacks ${what}.`);
  return value;
}

/** All served actions by name, each with the parameters that it knows; a request with any other is refused. */
import type { Action } from './action.js';
import { cancelSpotFleetRequests } from './actions/cancel-spot-fleet-requests.js';
import { createFleet } from './actions/create-fleet.js';
import { createLaunchTemplate } from './actions/create-launch-template.js';
import { createLaunchTemplateVersion } from './actions/create-launch-template-version.js';
import { createTags } from './actions/create-tags.js';
import { deleteFleets } from './actions/delete-fleets.js';
import { deleteLaunchTemplate } from './actions/delete-launch-template.js';
import { deleteLaunchTemplateVersions } from './actions/delete-launch-template-versions.js';
import { deleteTags } from './actions/delete-tags.js';
import { describeAvailabilityZones } from './actions/describe-availability-zones.js';
import { describeFleetHistory } from './actions/describe-fleet-history.js';
import { describeFleetInstances } from './actions/describe-fleet-instances.js';
import { describeFleets } from './actions/describe-fleets.js';
import { describeImages } from './actions/describe-images.js';
import { describeInstanceStatus } from './actions/describe-instance-status.js';
import { describeInstanceTypeOfferings } from './actions/describe-instance-type-offerings.js';
import { describeInstanceTypes } from './actions/describe-instance-types.js';
import { describeInstances } from './actions/describe-instances.js';
import { describeLaunchTemplateVersions } from './actions/describe-launch-template-versions.js';
import { describeLaunchTemplates } from './actions/describe-launch-templates.js';
import { describeRegions } from './actions/describe-regions.js';
import { describeRouteTables } from './actions/describe-route-tables.js';
import { describeSecurityGroups } from './actions/describe-security-groups.js';
import { describeSpotFleetInstances } from './actions/describe-spot-fleet-instances.js';
import { describeSpotFleetRequestHistory } from './actions/describe-spot-fleet-request-history.js';
import { describeSpotFleetRequests } from './actions/describe-spot-fleet-requests.js';
import { describeSpotInstanceRequests } from './actions/describe-spot-instance-requests.js';
import { describeSpotPriceHistory } from './actions/describe-spot-price-history.js';
import { describeSubnets } from './actions/describe-subnets.js';
import { describeTags } from './actions/describe-tags.js';
import { describeVpcs } from './actions/describe-vpcs.js';
import { describeVpnGateways } from './actions/describe-vpn-gateways.js';
import { getConsoleOutput } from './actions/get-console-output.js';
import { getInstanceTypesFromInstanceRequirements } from './actions/get-instance-types-from-instance-requirements.js';
import { modifyFleet } from './actions/modify-fleet.js';
import { modifyLaunchTemplate } from './actions/modify-launch-template.js';
import { modifySpotFleetRequest } from './actions/modify-spot-fleet-request.js';
import { requestSpotFleet } from './actions/request-spot-fleet.js';
import { terminateInstances } from './actions/terminate-instances.js';

export interface ServedAction {
  readonly act: Action;
  readonly parameters: ReadonlySet<string>;
}

/** Every request may have these: parameters of the protocol, and of a signature in the query. */
const COMMON = [
  'Action',
  'Version',
  'DryRun',
  'X-Amz-Algorithm',
  'X-Amz-Credential',
  'X-Amz-Date',
  'X-Amz-Expires',
  'X-Amz-Security-Token',
  'X-Amz-Signature',
  'X-Amz-SignedHeaders',
];
const FILTER = ['Filter'];
const PAGES = ['MaxResults', 'NextToken'];
const TEMPLATE = ['LaunchTemplateId', 'LaunchTemplateName'];

const served = (act: Action, ...parameters: readonly string[]): ServedAction => ({
  act,
  parameters: new Set([...COMMON, ...parameters]),
});

export const actions: ReadonlyMap<string, ServedAction> = new Map(
  Object.entries({
    CancelSpotFleetRequests: served(cancelSpotFleetRequests, 'SpotFleetRequestId', 'TerminateInstances'),
    CreateFleet: served(
      createFleet,
      'ClientToken',
      'SpotOptions',
      'OnDemandOptions',
      'ReservedCapacityOptions',
      'ExcessCapacityTerminationPolicy',
      'LaunchTemplateConfigs',
      'TargetCapacitySpecification',
      'TerminateInstancesWithExpiration',
      'Type',
      'ValidFrom',
      'ValidUntil',
      'ReplaceUnhealthyInstances',
      'TagSpecification',
      'Context',
    ),
    CreateLaunchTemplate: served(
      createLaunchTemplate,
      'ClientToken',
      'LaunchTemplateName',
      'VersionDescription',
      'LaunchTemplateData',
      'TagSpecification',
    ),
    CreateLaunchTemplateVersion: served(
      createLaunchTemplateVersion,
      'ClientToken',
      ...TEMPLATE,
      'SourceVersion',
      'VersionDescription',
      'LaunchTemplateData',
    ),
    CreateTags: served(createTags, 'ResourceId', 'Tag'),
    DeleteFleets: served(deleteFleets, 'FleetId', 'TerminateInstances'),
    DeleteLaunchTemplate: served(deleteLaunchTemplate, ...TEMPLATE),
    DeleteLaunchTemplateVersions: served(deleteLaunchTemplateVersions, ...TEMPLATE, 'LaunchTemplateVersion'),
    DeleteTags: served(deleteTags, 'ResourceId', 'Tag'),
    DescribeAvailabilityZones: served(
      describeAvailabilityZones,
      'ZoneName',
      'ZoneId',
      'AllAvailabilityZones',
      ...FILTER,
    ),
    DescribeFleetHistory: served(describeFleetHistory, 'FleetId', 'EventType', 'StartTime', ...PAGES),
    DescribeFleetInstances: served(describeFleetInstances, 'FleetId', ...FILTER, ...PAGES),
    DescribeFleets: served(describeFleets, 'FleetId', ...FILTER, ...PAGES),
    DescribeImages: served(
      describeImages,
      'ImageId',
      'Owner',
      'ExecutableBy',
      'IncludeDeprecated',
      'IncludeDisabled',
      ...FILTER,
      ...PAGES,
    ),
    DescribeInstanceStatus: served(
      describeInstanceStatus,
      'InstanceId',
      'IncludeAllInstances',
      'IncludeManagedResources',
      ...FILTER,
      ...PAGES,
    ),
    DescribeInstanceTypeOfferings: served(describeInstanceTypeOfferings, 'LocationType', ...FILTER, ...PAGES),
    DescribeInstanceTypes: served(
      describeInstanceTypes,
      'InstanceType',
      'IncludeUnsupportedInRegion',
      ...FILTER,
      ...PAGES,
    ),
    DescribeInstances: served(describeInstances, 'InstanceId', 'IncludeManagedResources', ...FILTER, ...PAGES),
    DescribeLaunchTemplateVersions: served(
      describeLaunchTemplateVersions,
      ...TEMPLATE,
      'LaunchTemplateVersion',
      'MinVersion',
      'MaxVersion',
      'ResolveAlias',
      'IncludeManagedResources',
      ...FILTER,
      ...PAGES,
    ),
    DescribeLaunchTemplates: served(
      describeLaunchTemplates,
      'LaunchTemplateId',
      'LaunchTemplateName',
      'IncludeManagedResources',
      ...FILTER,
      ...PAGES,
    ),
    DescribeRegions: served(describeRegions, 'RegionName', 'AllRegions', ...FILTER),
    DescribeRouteTables: served(describeRouteTables, 'RouteTableId', ...FILTER, ...PAGES),
    DescribeSecurityGroups: served(describeSecurityGroups, 'GroupId', 'GroupName', ...FILTER, ...PAGES),
    DescribeSpotFleetInstances: served(describeSpotFleetInstances, 'SpotFleetRequestId', ...PAGES),
    DescribeSpotFleetRequestHistory: served(
      describeSpotFleetRequestHistory,
      'SpotFleetRequestId',
      'EventType',
      'StartTime',
      ...PAGES,
    ),
    DescribeSpotFleetRequests: served(describeSpotFleetRequests, 'SpotFleetRequestId', ...PAGES),
    DescribeSpotInstanceRequests: served(describeSpotInstanceRequests, 'SpotInstanceRequestId', ...FILTER, ...PAGES),
    DescribeSpotPriceHistory: served(
      describeSpotPriceHistory,
      'InstanceType',
      'ProductDescription',
      'AvailabilityZone',
      'AvailabilityZoneId',
      'StartTime',
      'EndTime',
      ...FILTER,
      ...PAGES,
    ),
    DescribeSubnets: served(describeSubnets, 'SubnetId', ...FILTER, ...PAGES),
    DescribeTags: served(describeTags, ...FILTER, ...PAGES),
    DescribeVpcs: served(describeVpcs, 'VpcId', ...FILTER, ...PAGES),
    DescribeVpnGateways: served(describeVpnGateways, 'VpnGatewayId', ...FILTER),
    GetConsoleOutput: served(getConsoleOutput, 'InstanceId', 'Latest'),
    GetInstanceTypesFromInstanceRequirements: served(
      getInstanceTypesFromInstanceRequirements,
      'ArchitectureType',
      'VirtualizationType',
      'InstanceRequirements',
      'Context',
      ...PAGES,
    ),
    ModifyFleet: served(
      modifyFleet,
      'FleetId',
      'ExcessCapacityTerminationPolicy',
      'LaunchTemplateConfig',
      'LaunchTemplateConfigs',
      'TargetCapacitySpecification',
      'Context',
    ),
    ModifyLaunchTemplate: served(modifyLaunchTemplate, 'ClientToken', ...TEMPLATE, 'SetDefaultVersion'),
    ModifySpotFleetRequest: served(
      modifySpotFleetRequest,
      'SpotFleetRequestId',
      'TargetCapacity',
      'OnDemandTargetCapacity',
      'ExcessCapacityTerminationPolicy',
      'LaunchTemplateConfig',
      'LaunchTemplateConfigs',
      'Context',
    ),
    RequestSpotFleet: served(requestSpotFleet, 'SpotFleetRequestConfig'),
    TerminateInstances: served(terminateInstances, 'InstanceId', 'Force'),
  }),
);

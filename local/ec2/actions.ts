/** Every action that is served, by name. */
import type { Action } from './action.js';
import { cancelSpotFleetRequests } from './actions/cancel-spot-fleet-requests.js';
import { createFleet } from './actions/create-fleet.js';
import { createLaunchTemplateVersion } from './actions/create-launch-template-version.js';
import { createLaunchTemplate } from './actions/create-launch-template.js';
import { createTags } from './actions/create-tags.js';
import { deleteFleets } from './actions/delete-fleets.js';
import { deleteLaunchTemplate } from './actions/delete-launch-template.js';
import { describeAvailabilityZones } from './actions/describe-availability-zones.js';
import { describeFleetHistory } from './actions/describe-fleet-history.js';
import { describeFleetInstances } from './actions/describe-fleet-instances.js';
import { describeFleets } from './actions/describe-fleets.js';
import { describeInstanceTypes } from './actions/describe-instance-types.js';
import { describeInstances } from './actions/describe-instances.js';
import { describeLaunchTemplateVersions } from './actions/describe-launch-template-versions.js';
import { describeLaunchTemplates } from './actions/describe-launch-templates.js';
import { describeRegions } from './actions/describe-regions.js';
import { describeSpotFleetInstances } from './actions/describe-spot-fleet-instances.js';
import { describeSpotFleetRequests } from './actions/describe-spot-fleet-requests.js';
import { describeSpotPriceHistory } from './actions/describe-spot-price-history.js';
import { describeTags } from './actions/describe-tags.js';
import { getConsoleOutput } from './actions/get-console-output.js';
import { modifyFleet } from './actions/modify-fleet.js';
import { modifyLaunchTemplate } from './actions/modify-launch-template.js';
import { modifySpotFleetRequest } from './actions/modify-spot-fleet-request.js';
import { requestSpotFleet } from './actions/request-spot-fleet.js';
import { terminateInstances } from './actions/terminate-instances.js';

export const actions: ReadonlyMap<string, Action> = new Map(
  Object.entries({
    CancelSpotFleetRequests: cancelSpotFleetRequests,
    CreateFleet: createFleet,
    CreateLaunchTemplateVersion: createLaunchTemplateVersion,
    CreateLaunchTemplate: createLaunchTemplate,
    CreateTags: createTags,
    DeleteFleets: deleteFleets,
    DeleteLaunchTemplate: deleteLaunchTemplate,
    DescribeAvailabilityZones: describeAvailabilityZones,
    DescribeFleetHistory: describeFleetHistory,
    DescribeFleetInstances: describeFleetInstances,
    DescribeFleets: describeFleets,
    DescribeInstanceTypes: describeInstanceTypes,
    DescribeInstances: describeInstances,
    DescribeLaunchTemplateVersions: describeLaunchTemplateVersions,
    DescribeLaunchTemplates: describeLaunchTemplates,
    DescribeRegions: describeRegions,
    DescribeSpotFleetInstances: describeSpotFleetInstances,
    DescribeSpotFleetRequests: describeSpotFleetRequests,
    DescribeSpotPriceHistory: describeSpotPriceHistory,
    DescribeTags: describeTags,
    GetConsoleOutput: getConsoleOutput,
    ModifyFleet: modifyFleet,
    ModifyLaunchTemplate: modifyLaunchTemplate,
    ModifySpotFleetRequest: modifySpotFleetRequest,
    RequestSpotFleet: requestSpotFleet,
    TerminateInstances: terminateInstances,
  }),
);

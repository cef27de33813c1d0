/**
 * The fleet (docs/explanation/architecture.md, R6) has the type `maintain`, starts at target 0, and never ends an instance when its target falls. A change
 * of almost any property replaces the fleet, so it names nothing that changes with code or with a newer machine image (docs/decisions/0005-…).
 */
import { RemovalPolicy } from 'aws-cdk-lib';
import { CfnEC2Fleet } from 'aws-cdk-lib/aws-ec2';
import { CfnServiceLinkedRole } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { STACK_TAG } from '../core/contract/tags.js';
import { excludedTypes } from './gpu-pool.js';
import type { Range, Settings } from './props.js';

export interface FleetProps {
  readonly settings: Settings;
  readonly launchTemplateId: string;
  readonly subnetIds: readonly string[];
}

/**
 * The fleet names the template's first version. It does not name `$Latest`, because EC2 resolves that once, when the fleet is made. A launch template with
 * other content is another template (launch-template.ts).
 */
const FIRST_VERSION = '1';

export class Fleet extends Construct {
  readonly fleetId: string;

  constructor(scope: Construct, id: string, { settings, launchTemplateId, subnetIds }: FleetProps) {
    super(scope, id);
    const fleet = new CfnEC2Fleet(this, 'Fleet', {
      type: 'maintain',
      // A parked fleet costs nothing. A deploy in which CloudFormation sees no change of the fleet leaves its running target alone.
      targetCapacitySpecification: { totalTargetCapacity: 0, defaultTargetCapacityType: 'spot' },
      excessCapacityTerminationPolicy: 'no-termination',
      // Capacity rebalancing is off, because it may double the fleet. There is no maximum price, because one brings more reclaims.
      spotOptions: { allocationStrategy: 'price-capacity-optimized', instanceInterruptionBehavior: 'terminate' },
      // EC2 replaces an instance that was impaired for six minutes. Its leases ran out long before, and others have its batches.
      replaceUnhealthyInstances: true,
      launchTemplateConfigs: [
        {
          launchTemplateSpecification: { launchTemplateId, version: FIRST_VERSION },
          // Each zone has one override. There are no weights, so the target counts instances.
          overrides: subnetIds.map((subnetId) => ({ subnetId, instanceRequirements: requirements(settings) })),
        },
      ],
      tagSpecifications: [{ resourceType: 'fleet', tags: [{ key: STACK_TAG, value: settings.name }] }],
    });
    this.fleetId = fleet.attrFleetId;
    if (settings.createServiceLinkedRole) fleet.node.addDependency(this.#serviceLinkedRole());
  }

  /** Other fleets of the account need this role too, so it stays when the stack is deleted. https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-fleet-prerequisites.html */
  #serviceLinkedRole(): CfnServiceLinkedRole {
    const role = new CfnServiceLinkedRole(this, 'ServiceLinkedRole', { awsServiceName: 'ec2fleet.amazonaws.com' });
    role.applyRemovalPolicy(RemovalPolicy.RETAIN);
    return role;
  }
}

/**
 * The requirements admit as many Spot pools as fit. The image decides the architecture. EC2 leaves out bare metal and burstable types by default.
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceRequirementsRequest.html
 */
function requirements(settings: Settings): CfnEC2Fleet.InstanceRequirementsRequestProperty {
  const { vcpus, memoryMib, gpus, allowedInstanceTypes } = settings;
  const excludedInstanceTypes = excludedTypes(settings);
  return {
    vCpuCount: bounds(vcpus),
    memoryMiB: bounds(memoryMib),
    instanceGenerations: ['current'],
    ...(gpus === undefined
      ? { acceleratorCount: { max: 0 } }
      : { acceleratorCount: bounds(gpus), acceleratorTypes: ['gpu'], acceleratorManufacturers: ['nvidia'] }),
    ...(allowedInstanceTypes === undefined ? {} : { allowedInstanceTypes: [...allowedInstanceTypes] }),
    ...(excludedInstanceTypes === undefined ? {} : { excludedInstanceTypes: [...excludedInstanceTypes] }),
  };
}

const bounds = ({ min, max }: Range): { min: number; max?: number } => (max === undefined ? { min } : { min, max });

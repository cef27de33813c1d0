/**
 * The fleet (docs/explanation/architecture.md, R6): `maintain`, born at target 0, never ending an instance when its target falls. Almost every property of it
 * replaces it when it changes, so it names nothing that changes with code or with a newer machine image (docs/decisions/0005-…).
 */
import { RemovalPolicy } from 'aws-cdk-lib';
import { CfnEC2Fleet } from 'aws-cdk-lib/aws-ec2';
import { CfnServiceLinkedRole } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { STACK_TAG } from '../core/contract/tags.js';
import type { Range, Settings } from './props.js';

export interface FleetProps {
  readonly settings: Settings;
  readonly launchTemplateId: string;
  readonly subnetIds: readonly string[];
}

/**
 * The template's first version. Not `$Latest`: EC2 resolves it once, when the fleet is made, so that it would promise what it does not keep. A
 * launch template that is to be different is another template (launch-template.ts).
 */
const FIRST_VERSION = '1';

export class Fleet extends Construct {
  readonly fleetId: string;

  constructor(scope: Construct, id: string, { settings, launchTemplateId, subnetIds }: FleetProps) {
    super(scope, id);
    const fleet = new CfnEC2Fleet(this, 'Fleet', {
      type: 'maintain',
      // Parked: costs nothing. A deploy that CloudFormation sees no change in leaves the running target alone.
      targetCapacitySpecification: { totalTargetCapacity: 0, defaultTargetCapacityType: 'spot' },
      excessCapacityTerminationPolicy: 'no-termination',
      // No capacity rebalancing, which may double the fleet, and no maximum price, which brings more reclaims.
      spotOptions: { allocationStrategy: 'price-capacity-optimized', instanceInterruptionBehavior: 'terminate' },
      // Impaired for six minutes: its leases ran out long before, and others have its batches.
      replaceUnhealthyInstances: true,
      launchTemplateConfigs: [
        {
          launchTemplateSpecification: { launchTemplateId, version: FIRST_VERSION },
          // One override a zone. No weights: the target counts instances.
          overrides: subnetIds.map((subnetId) => ({ subnetId, instanceRequirements: requirements(settings) })),
        },
      ],
      tagSpecifications: [{ resourceType: 'fleet', tags: [{ key: STACK_TAG, value: settings.name }] }],
    });
    this.fleetId = fleet.attrFleetId;
    if (settings.createServiceLinkedRole) fleet.node.addDependency(this.#serviceLinkedRole());
  }

  /** Other fleets of the account need it too, so that it stays. https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-fleet-prerequisites.html */
  #serviceLinkedRole(): CfnServiceLinkedRole {
    const role = new CfnServiceLinkedRole(this, 'ServiceLinkedRole', { awsServiceName: 'ec2fleet.amazonaws.com' });
    role.applyRemovalPolicy(RemovalPolicy.RETAIN);
    return role;
  }
}

/**
 * As many Spot pools as fit. The image decides the architecture; bare metal and burstable types are out unless asked for.
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceRequirementsRequest.html
 */
function requirements(settings: Settings): CfnEC2Fleet.InstanceRequirementsRequestProperty {
  const { vcpus, memoryMib, gpus, allowedInstanceTypes, excludedInstanceTypes } = settings;
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

/** What a fleet is made from: the same for both fleet APIs, whose requests differ in the spelling of enumerations. */
import type { AllocationStrategy } from '../../market/allocation.js';
import { instanceTypeNamed, ZONES } from '../../market/instance-types.js';
import type { Pool } from '../../market/pools.js';
import { seededFraction } from '../../market/random.js';
import { Ec2Error, invalidValue, missingParameter, notServed } from '../errors.js';
import type { LaunchTemplates } from '../launch-templates.js';
import type { Query } from '../query.js';
import type { XmlRecord } from '../xml.js';
import { typesThatMeet } from './requirements.js';

export interface FleetTemplate {
  readonly templateId: string;
  /** As asked for: `$Latest` and `$Default` are resolved at each launch. */
  readonly version: string | undefined;
  readonly pools: readonly Pool[];
  /** `launchTemplateConfigs` of answers. */
  readonly echo: XmlRecord;
}

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/fleet-quotas.html */
export const MOST_TARGET_CAPACITY = 10_000;
const MOST_POOLS = 300;

/** Either spelling (`price-capacity-optimized`, `priceCapacityOptimized`); `lowest-price` when absent, as on AWS. */
export function allocationStrategy(text: string | undefined): AllocationStrategy {
  const dashed = (text ?? 'lowest-price').replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  switch (dashed) {
    case 'lowest-price':
    case 'diversified':
    case 'capacity-optimized':
    case 'capacity-optimized-prioritized':
    case 'price-capacity-optimized':
      return dashed;
    default:
      throw invalidValue('AllocationStrategy', text ?? '', 'There is no such strategy.');
  }
}

export function readTemplates(query: Query, templates: LaunchTemplates): readonly FleetTemplate[] {
  const configs = query.list('LaunchTemplateConfigs').map((config) => readTemplate(config, templates));
  if (configs.length === 0) throw missingParameter('LaunchTemplateConfigs');
  const pools = configs.reduce((sum, config) => sum + config.pools.length, 0);
  if (pools > MOST_POOLS) {
    throw new Ec2Error('InvalidParameterValue', `The fleet has ${pools} pools; ${MOST_POOLS} are the most.`);
  }
  return configs;
}

function readTemplate(config: Query, templates: LaunchTemplates): FleetTemplate {
  const specification = config.child('LaunchTemplateSpecification');
  const template = templates.find(specification);
  const version = specification.string('Version');
  const { data } = templates.version(template, version);
  if (data.string('ImageId') === undefined) {
    throw new Ec2Error('InvalidParameterValue', 'The launch template must name an image (ImageId).');
  }
  const overrides = config.list('Overrides');
  const sources = overrides.length > 0 ? overrides : [data];
  return {
    templateId: template.id,
    version,
    pools: sources.flatMap((source) => poolsOf(source, data)),
    echo: {
      launchTemplateSpecification: { launchTemplateId: template.id, launchTemplateName: template.name, version },
      overrides: overrides.map((override) => override.echo()),
    },
  };
}

function poolsOf(source: Query, data: Query): readonly Pool[] {
  const weight = source.string('WeightedCapacity');
  if (weight !== undefined && Number(weight) !== 1) throw notServed(`WeightedCapacity other than 1 (${weight})`);
  for (const name of ['MaxPrice', 'SpotPrice']) if (source.has(name)) throw notServed(`${name}: leave it out`);
  const zones = zonesOf(source);
  return typesOf(source, data).flatMap((instanceType) => zones.map((zone) => ({ instanceType, zone })));
}

function typesOf(source: Query, data: Query): readonly string[] {
  const named = source.string('InstanceType');
  if (source.has('InstanceRequirements')) {
    if (named !== undefined) {
      throw new Ec2Error('InvalidParameterCombination', 'Give either InstanceType or InstanceRequirements, not both.');
    }
    return typesThatMeet(source.child('InstanceRequirements'));
  }
  const name = named ?? data.string('InstanceType');
  if (name === undefined) throw missingParameter('InstanceType');
  if (instanceTypeNamed(name) === undefined) {
    throw invalidValue('InstanceType', name, 'DescribeInstanceTypes lists what the local cloud has.');
  }
  return [name];
}

function zonesOf(source: Query): readonly string[] {
  const zone = source.string('AvailabilityZone') ?? source.child('Placement').string('AvailabilityZone');
  if (zone !== undefined) {
    for (const name of zone.split(',')) {
      if (!ZONES.includes(name)) throw invalidValue('AvailabilityZone', name, `There are: ${ZONES.join(', ')}.`);
    }
    return zone.split(',');
  }
  const subnet = source.string('SubnetId');
  if (subnet === undefined) return ZONES;
  // Networks are not part of the local cloud: a subnet is in the zone that its id is dealt to.
  const dealt = ZONES[Math.floor(seededFraction(0, subnet) * ZONES.length)];
  return dealt === undefined ? ZONES : [dealt];
}

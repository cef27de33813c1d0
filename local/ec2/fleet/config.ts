/** Reads the launch templates and pools of a new fleet, for both fleet APIs. */
import { instanceTypeNamed, zoneId, ZONES } from '../../market/instance-types.js';
import type { MarketClock } from '../../market/clock.js';
import type { Pool } from '../../market/pools.js';
import type { SpotPrices } from '../../market/prices.js';
import { Ec2Error, invalidValue, missingParameter, notServed } from '../errors.js';
import { architectureOf } from '../images.js';
import { type LaunchTemplates, VERSION_WORDS } from '../launch-templates.js';
import { zoneOfSubnet } from '../network.js';
import type { Query } from '../query.js';
import type { XmlRecord } from '../xml.js';
import { refuse } from './refuse.js';
import { withinPriceLimit } from './price-protection.js';
import { typesThatMeet } from './requirements.js';

export interface FleetTemplate {
  readonly templateId: string;
  /** The version as requested: `$Latest` and `$Default` are resolved at each launch. */
  readonly version: string;
  readonly pools: readonly Pool[];
  /** The `launchTemplateConfigs` element of answers. */
  readonly echo: XmlRecord;
}

/** The context in which a fleet's pools are chosen. */
export interface PoolContext {
  readonly templates: LaunchTemplates;
  readonly prices: SpotPrices;
  readonly clock: Pick<MarketClock, 'nowMs'>;
}

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/fleet-quotas.html */
const MAX_POOLS = 300;
/** Attribute-based selection creates pools that the quota does not count; this limit bounds them. */
const MAX_SELECTED_POOLS = 10_000;

export function readTemplates(query: Query, context: PoolContext): readonly FleetTemplate[] {
  const configs = query.list('LaunchTemplateConfigs').map((config) => readTemplate(config, context));
  if (configs.length === 0) throw missingParameter('LaunchTemplateConfigs');
  const named = query.list('LaunchTemplateConfigs').flatMap((config) => config.list('Overrides')).length;
  const pools = configs.reduce((sum, config) => sum + config.pools.length, 0);
  if (named > MAX_POOLS || pools > MAX_SELECTED_POOLS) {
    throw new Ec2Error('InvalidParameterValue', `The fleet has ${named} overrides; the maximum is ${MAX_POOLS}.`);
  }
  return configs;
}

function readTemplate(config: Query, context: PoolContext): FleetTemplate {
  config.only(['LaunchTemplateSpecification', 'Overrides']);
  const specification = config
    .child('LaunchTemplateSpecification')
    .only(['LaunchTemplateId', 'LaunchTemplateName', 'Version']);
  const template = context.templates.find(specification);
  // AWS documents: "You must specify a value, otherwise the request fails."
  const version = specification.required('Version');
  if (!/^\d+$/.test(version) && !VERSION_WORDS.includes(version)) {
    throw invalidValue('Version', version, `It must be a version's number, ${VERSION_WORDS.join(' or ')}.`);
  }
  const { data } = context.templates.version(template, version);
  const imageId = data.string('ImageId');
  if (imageId?.startsWith('ami-') !== true) {
    // AWS resolves `resolve:ssm:` for fleets of type instant alone.
    throw invalidValue('ImageId', imageId ?? '', 'The launch template must name an image by its id, ami-….');
  }
  const overrides = config.list('Overrides');
  const sources = overrides.length > 0 ? overrides : [undefined];
  return {
    templateId: template.id,
    version,
    pools: sources.flatMap((override) => poolsOf(override, data, context)),
    echo: {
      launchTemplateSpecification: { launchTemplateId: template.id, launchTemplateName: template.name, version },
      overrides: overrides.map((override) => override.echo()),
    },
  };
}

const OVERRIDE_NAMES = [
  'InstanceType',
  'SubnetId',
  'AvailabilityZone',
  'AvailabilityZoneId',
  'WeightedCapacity',
  'Priority',
  'Placement',
  'InstanceRequirements',
];
const REFUSED_NAMES = ['MaxPrice', 'SpotPrice', 'ImageId', 'BlockDeviceMapping', 'KeyName', 'MetadataOptions'];

/** Values of the override win over those of the template. */
function poolsOf(override: Query | undefined, data: Query, context: PoolContext): readonly Pool[] {
  if (override !== undefined) {
    refuse(override, REFUSED_NAMES, 'an override of');
    override.only(OVERRIDE_NAMES);
    const weight = override.string('WeightedCapacity');
    if (weight !== undefined && Number(weight) !== 1) throw notServed(`WeightedCapacity other than 1 (${weight})`);
  }
  const zones = zonesOf(override) ?? zonesOf(data) ?? ZONES;
  const source = override !== undefined && saysType(override) ? override : data;
  const type = source.string('InstanceType');
  if (!source.has('InstanceRequirements')) return inZones([knownType(type)], zones);
  if (type !== undefined) {
    throw new Ec2Error('InvalidParameterCombination', 'Give either InstanceType or InstanceRequirements, not both.');
  }
  const requirements = source.child('InstanceRequirements');
  const pools = inZones(typesThatMeet(requirements, architectureOf(data.string('ImageId'))), zones);
  if (pools.length === 0) {
    throw new Ec2Error('InvalidParameterCombination', 'No instance types match your specified instance requirements.');
  }
  const nowMs = context.clock.nowMs();
  const affordable = withinPriceLimit(pools, requirements, (pool) => context.prices.at(pool, nowMs));
  if (affordable.length > 0) return affordable;
  throw invalidValue('InstanceRequirements', 'price limit', 'All matching instance types exceed the price limit.');
}

const saysType = (query: Query): boolean => query.has('InstanceType') || query.has('InstanceRequirements');

const inZones = (types: readonly string[], zones: readonly string[]): readonly Pool[] =>
  types.flatMap((instanceType) => zones.map((zone) => ({ instanceType, zone })));

function knownType(name: string | undefined): string {
  if (name === undefined) throw missingParameter('InstanceType');
  if (instanceTypeNamed(name) !== undefined) return name;
  throw invalidValue('InstanceType', name, 'DescribeInstanceTypes lists what the local cloud has.');
}

/** Returns undefined if the request does not name zones. */
function zonesOf(source: Query | undefined): readonly string[] | undefined {
  if (source === undefined) return undefined;
  const zones = source.string('AvailabilityZone') ?? source.child('Placement').string('AvailabilityZone');
  if (zones !== undefined) return zones.split(',').map((name) => knownZone('AvailabilityZone', name.trim()));
  const ids = source.string('AvailabilityZoneId');
  if (ids !== undefined) return ids.split(',').map((id) => knownZone('AvailabilityZoneId', id.trim()));
  const subnets = source.string('SubnetId') ?? source.list('NetworkInterface')[0]?.string('SubnetId');
  return subnets?.split(',').map((id) => zoneOfSubnet(id.trim()));
}

function knownZone(name: string, text: string): string {
  const zone = ZONES.find((candidate) => candidate === text || zoneId(candidate) === text);
  if (zone !== undefined) return zone;
  throw invalidValue(name, text, `There are: ${ZONES.map((each) => `${each} (${zoneId(each)})`).join(', ')}.`);
}

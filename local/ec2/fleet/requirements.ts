/**
 * Selects instance types by attributes (attribute-based instance selection):
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceRequirementsRequest.html
 */
import { type InstanceType, instanceTypes } from '../../market/instance-types.js';
import { Ec2Error, notServed } from '../errors.js';
import { wildcard } from '../filters.js';
import type { Query } from '../query.js';
import { refuse } from './refuse.js';

/** No type of the local cloud has these, so requiring one of them matches no type. */
const ABSENT_COUNTS = ['TotalLocalStorageGB'];
const ABSENT_LISTS = ['LocalStorageType'];
const ACCELERATOR_COUNTS = ['AcceleratorCount', 'AcceleratorTotalMemoryMiB'];
const ACCELERATOR_LISTS = ['AcceleratorType', 'AcceleratorManufacturer', 'AcceleratorName'];
const MIB_PER_GIB = 1024;
/**
 * The local cloud's types have no figures for these. They are refused, because ignoring them would select other
 * types than AWS does.
 */
const REFUSED = [
  'NetworkInterfaceCount',
  'BaselineEbsBandwidthMbps',
  'NetworkBandwidthGbps',
  'BaselinePerformanceFactors',
  'RequireEncryptionInTransit',
];
const NAMES = [
  'VCpuCount',
  'MemoryMiB',
  'MemoryGiBPerVCpu',
  'BareMetal',
  'BurstablePerformance',
  'LocalStorage',
  'RequireHibernateSupport',
  'MaxSpotPriceAsPercentageOfOptimalOnDemandPrice',
  'SpotMaxPricePercentageOverLowestPrice',
  'OnDemandMaxPricePercentageOverLowestPrice',
  ...ABSENT_COUNTS,
  ...ACCELERATOR_COUNTS,
  ...[
    'CpuManufacturer',
    'InstanceGeneration',
    'AllowedInstanceType',
    'ExcludedInstanceType',
    ...ABSENT_LISTS,
    ...ACCELERATOR_LISTS,
  ].flatMap((name) => [name, `${name}Set`]),
];
const ANY_COUNT = { min: 0, max: 2 ** 31 - 1 };

/** `architecture` comes from the image, because requirements do not name one; undefined allows any. */
export function typesThatMeet(requirements: Query, architecture: string | undefined): readonly string[] {
  refuse(requirements, REFUSED, 'the requirement');
  requirements.only(NAMES);
  for (const name of ['VCpuCount', 'MemoryMiB']) requirements.child(name).required('Min');
  if (requirements.boolean('RequireHibernateSupport') === true) throw notServed('RequireHibernateSupport');
  if (list(requirements, 'AllowedInstanceType').length > 0 && list(requirements, 'ExcludedInstanceType').length > 0) {
    throw new Ec2Error(
      'InvalidParameterCombination',
      'Give either AllowedInstanceTypes or ExcludedInstanceTypes, not both.',
    );
  }
  return instanceTypes
    .filter((type) => architecture === undefined || type.architecture === architecture)
    .filter((type) => meets(type, requirements))
    .map((type) => type.name);
}

/** Spot Fleet requests name the same list `…Set`. */
const list = (requirements: Query, name: string): readonly string[] => [
  ...requirements.strings(name),
  ...requirements.strings(`${name}Set`),
];

function meets(type: InstanceType, requirements: Query): boolean {
  const allowed = list(requirements, 'AllowedInstanceType');
  const excluded = list(requirements, 'ExcludedInstanceType');
  const manufacturers = list(requirements, 'CpuManufacturer');
  const generations = list(requirements, 'InstanceGeneration');
  const matches = (pattern: string): boolean => wildcard(pattern).test(type.name);
  return (
    within(requirements.child('VCpuCount'), type.vcpus) &&
    within(requirements.child('MemoryMiB'), type.memoryMiB) &&
    withinNumbers(requirements.child('MemoryGiBPerVCpu'), type.memoryMiB / MIB_PER_GIB / type.vcpus) &&
    (allowed.length === 0 || allowed.some(matches)) &&
    !excluded.some(matches) &&
    (manufacturers.length === 0 || manufacturers.includes(type.manufacturer)) &&
    (generations.length === 0 || generations.includes(type.currentGeneration ? 'current' : 'previous')) &&
    feature(requirements, 'BurstablePerformance', 'excluded', type.burstable) &&
    feature(requirements, 'BareMetal', 'excluded', false) &&
    feature(requirements, 'LocalStorage', 'included', false) &&
    meetsAccelerators(type, requirements) &&
    ABSENT_COUNTS.every((name) => (requirements.child(name).string('Min') ?? '0') === '0') &&
    ABSENT_LISTS.every((name) => list(requirements, name).length === 0)
  );
}

/** The accelerators of the local cloud's types are GPUs of NVIDIA. Their names are small letters in a requirement. */
function meetsAccelerators({ gpus }: InstanceType, requirements: Query): boolean {
  const has: Readonly<Record<string, string | undefined>> = {
    AcceleratorType: gpus && 'gpu',
    AcceleratorManufacturer: gpus && 'nvidia',
    AcceleratorName: gpus?.name.toLowerCase(),
  };
  return (
    within(requirements.child('AcceleratorCount'), gpus?.count ?? 0) &&
    within(requirements.child('AcceleratorTotalMemoryMiB'), gpus === undefined ? 0 : gpus.count * gpus.memoryMiB) &&
    ACCELERATOR_LISTS.every((name) => {
      const wanted = list(requirements, name);
      return wanted.length === 0 || wanted.includes(has[name] ?? '');
    })
  );
}

function within(range: Query, value: number): boolean {
  const min = range.integer('Min', ANY_COUNT) ?? 0;
  const max = range.integer('Max', ANY_COUNT) ?? Infinity;
  return value >= min && value <= max;
}

const withinNumbers = (range: Query, value: number): boolean =>
  value >= Number(range.string('Min') ?? 0) && value <= Number(range.string('Max') ?? Infinity);

function feature(requirements: Query, name: string, otherwise: string, has: boolean): boolean {
  const wanted = requirements.oneOf(name, ['included', 'required', 'excluded']) ?? otherwise;
  return wanted === 'included' || has === (wanted === 'required');
}

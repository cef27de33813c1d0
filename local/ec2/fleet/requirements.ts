/** Attribute-based instance selection: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceRequirementsRequest.html */
import { type InstanceType, instanceTypes } from '../../market/instance-types.js';
import { Ec2Error } from '../errors.js';
import { wildcard } from '../filters.js';
import type { Query } from '../query.js';

/** What no type of the local cloud has: asking for it matches nothing. */
const ABSENT_COUNTS = ['AcceleratorCount', 'AcceleratorTotalMemoryMiB', 'TotalLocalStorageGB'];
const ABSENT_LISTS = ['AcceleratorType', 'AcceleratorManufacturer', 'AcceleratorName', 'LocalStorageType'];
const MIB_PER_GIB = 1024;
const ANY_COUNT = { min: 0, max: 2 ** 31 - 1 };

export function typesThatMeet(requirements: Query): readonly string[] {
  for (const name of ['VCpuCount', 'MemoryMiB']) requirements.child(name).required('Min');
  if (requirements.has('AllowedInstanceType') && requirements.has('ExcludedInstanceType')) {
    throw new Ec2Error(
      'InvalidParameterCombination',
      'Give either AllowedInstanceTypes or ExcludedInstanceTypes, not both.',
    );
  }
  const found = instanceTypes.filter((type) => meets(type, requirements)).map((type) => type.name);
  if (found.length > 0) return found;
  throw new Ec2Error('InvalidParameterCombination', 'No instance types match your specified instance requirements.');
}

function meets(type: InstanceType, requirements: Query): boolean {
  const allowed = requirements.strings('AllowedInstanceType');
  const excluded = requirements.strings('ExcludedInstanceType');
  const manufacturers = requirements.strings('CpuManufacturer');
  const generations = requirements.strings('InstanceGeneration');
  const matches = (pattern: string): boolean => wildcard(pattern).test(type.name);
  return (
    within(requirements.child('VCpuCount'), type.vcpus) &&
    within(requirements.child('MemoryMiB'), type.memoryMiB) &&
    withinNumbers(requirements.child('MemoryGiBPerVCpu'), type.memoryMiB / MIB_PER_GIB / type.vcpus) &&
    (allowed.length === 0 || allowed.some(matches)) &&
    !excluded.some(matches) &&
    (manufacturers.length === 0 || manufacturers.includes(type.manufacturer)) &&
    (generations.length === 0 || generations.includes(type.currentGeneration ? 'current' : 'previous')) &&
    feature(requirements.string('BurstablePerformance') ?? 'excluded', type.burstable) &&
    feature(requirements.string('BareMetal') ?? 'excluded', false) &&
    feature(requirements.string('LocalStorage') ?? 'included', false) &&
    ABSENT_COUNTS.every((name) => (requirements.child(name).integer('Min', ANY_COUNT) ?? 0) === 0) &&
    ABSENT_LISTS.every((name) => requirements.strings(name).length === 0)
  );
}

function within(range: Query, value: number): boolean {
  const min = range.integer('Min', ANY_COUNT) ?? 0;
  const max = range.integer('Max', ANY_COUNT) ?? Infinity;
  return value >= min && value <= max;
}

const withinNumbers = (range: Query, value: number): boolean =>
  value >= Number(range.string('Min') ?? 0) && value <= Number(range.string('Max') ?? Infinity);

const feature = (wanted: string, has: boolean): boolean => wanted === 'included' || has === (wanted === 'required');

/** Every sentence names the property, what is wrong with it, and what to do. */
import type { Range, SpotPoolProps } from './props.js';

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/fleet-quotas.html */
const MAX_FLEET_TARGET = 10_000;
/** The image of Amazon Linux 2023 alone takes 8. */
const MIN_ROOT_GIB = 8;
/** What a gp3 volume may have. */
const MAX_ROOT_GIB = 16_384;
const MAX_ZONES = 6;
/** Boot and one lease must fit. */
const MIN_SECONDS = 60;
/** The worker's own bound: timers of Node.js reach no further. */
const MAX_SECONDS = 20 * 86_400;
/** An alarm looks back a day at most. https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html */
const MAX_STALL_MINUTES = 1_440;
/** Messages of a job live 13 days: its objects must outlive them. */
const MIN_RETENTION_DAYS = 14;
/**
 * EC2 refuses a launch whose tags are shown in the metadata and have other characters; the name of a schedule has fewer still. The group of the
 * switch is called `<name>-switch`, in 64 characters. https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateScheduleGroup.html
 */
const NAME = /^[A-Za-z0-9_.-]{1,57}$/;

export function problemsOf(props: SpotPoolProps): readonly string[] {
  return [...numberProblems(props), ...formProblems(props), ...combinationProblems(props)];
}

const INSTANCE_TYPE = /^[a-z0-9.*-]{1,30}$/;

function numberProblems(props: SpotPoolProps): readonly string[] {
  return [
    ...whole('maxWorkers', props.maxWorkers, 1, MAX_FLEET_TARGET),
    ...whole('rootVolumeGib', props.rootVolumeGib, MIN_ROOT_GIB, MAX_ROOT_GIB),
    ...whole('zones', props.zones, 1, MAX_ZONES),
    ...whole('maxIdleSeconds', props.maxIdleSeconds, MIN_SECONDS, MAX_SECONDS),
    ...whole('maxLifeSeconds', props.maxLifeSeconds, MIN_SECONDS, MAX_SECONDS),
    ...whole('stallMinutes', props.stallMinutes, 1, MAX_STALL_MINUTES),
    ...whole('jobRetentionDays', props.jobRetentionDays, MIN_RETENTION_DAYS, 36_500),
    ...range('vcpus', props.vcpus),
    ...range('memoryMib', props.memoryMib),
    ...range('gpus', props.gpus),
  ];
}

function formProblems(props: SpotPoolProps): readonly string[] {
  return [
    ...form('name', props.name, NAME, 'use letters, digits, "_", "." and "-", 57 at most'),
    ...oneOf('architecture', props.architecture, ['arm64', 'x86_64']),
    ...oneOf('controller', props.controller, ['lambda', 'cli']),
    ...(['isolated', 'sessionManager', 'createServiceLinkedRole'] as const).flatMap((name) => flag(name, props[name])),
    ...(['allowedInstanceTypes', 'excludedInstanceTypes'] as const).flatMap((name) =>
      each(name, props[name], INSTANCE_TYPE, 'give types such as c7g.large or c7g.*'),
    ),
    ...form(
      'imageId',
      props.imageId,
      /^ami-[0-9a-f]{8,17}$/,
      'give the id of a machine image, such as ami-0123456789abcdef0',
    ),
    ...form('vpcId', props.vpcId, /^vpc-[0-9a-f]{8,17}$/, 'give the id of a VPC, such as vpc-0123456789abcdef0'),
    ...form('notifyEmail', props.notifyEmail, /^[^@\s]+@[^@\s]+$/, 'give one mail address'),
    ...each('subnetIds', props.subnetIds, /^subnet-[0-9a-f]{8,17}$/, 'give ids such as subnet-0123456789abcdef0'),
    ...each(
      'inputBuckets',
      props.inputBuckets,
      /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
      'give names of buckets, without s3://',
    ),
    ...each(
      'secretArns',
      props.secretArns,
      /^arn:[^:]+:secretsmanager:[^:]+:\d{12}:secret:.+$/,
      'give whole ARNs of secrets',
    ),
  ];
}

function combinationProblems(props: SpotPoolProps): readonly string[] {
  const problems: string[] = [];
  if (props.vpcId !== undefined && (props.subnetIds ?? []).length === 0) {
    problems.push('vpcId is given without subnetIds: name the subnets of that VPC too, one in each zone to use.');
  }
  if (props.vpcId === undefined && props.subnetIds !== undefined) {
    problems.push('subnetIds are given without vpcId: name the VPC that they belong to.');
  }
  if (props.vpcId !== undefined && props.zones !== undefined) {
    problems.push('zones is given with vpcId, whose subnets say which zones are used: leave zones out.');
  }
  if (props.gpus !== undefined && props.imageId === undefined) {
    problems.push(
      'gpus is given without imageId: Amazon Linux 2023 has no NVIDIA drivers; give an image that has, such as an AWS Deep Learning Base AMI of the same architecture.',
    );
  }
  if (props.imageRevision !== undefined && props.imageId !== undefined) {
    problems.push('imageRevision is given with imageId, which alone says what is launched: leave imageRevision out.');
  }
  if (props.allowedInstanceTypes !== undefined && props.excludedInstanceTypes !== undefined) {
    problems.push(
      'allowedInstanceTypes and excludedInstanceTypes are both given: EC2 takes one of them; leave one out.',
    );
  }
  const { maxIdleSeconds, maxLifeSeconds } = props;
  if (maxIdleSeconds !== undefined && maxLifeSeconds !== undefined && maxIdleSeconds > maxLifeSeconds) {
    problems.push(`maxIdleSeconds (${maxIdleSeconds}) is more than maxLifeSeconds (${maxLifeSeconds}): make it less.`);
  }
  return problems;
}

function whole(property: string, value: number | undefined, least: number, most: number): readonly string[] {
  if (value === undefined || (Number.isInteger(value) && value >= least && value <= most)) return [];
  return [`${property} is ${show(value)}: give a whole number from ${least} to ${most}.`];
}

function range(property: string, value: Range | undefined): readonly string[] {
  if (value === undefined) return [];
  const { min, max } = value;
  const isCount = (count: unknown): boolean => Number.isInteger(count) && Number(count) >= 1;
  if (isCount(min) && (max === undefined || (isCount(max) && max >= min))) return [];
  return [
    `${property} is ${show(value)}: give {"min": …} or {"min": …, "max": …}, whole numbers from 1, max not below min.`,
  ];
}

function form(property: string, value: string | undefined, pattern: RegExp, what: string): readonly string[] {
  if (value === undefined || (typeof value === 'string' && pattern.test(value))) return [];
  return [`${property} is ${show(value)}: ${what}.`];
}

function each(
  property: string,
  values: readonly string[] | undefined,
  pattern: RegExp,
  what: string,
): readonly string[] {
  if (values === undefined) return [];
  if (!Array.isArray(values)) return [`${property} is ${show(values)}: give a list.`];
  return values.flatMap((value: string) =>
    form(property, value, pattern, what).map((text) => text.replace(' is ', ' has ')),
  );
}

function oneOf(property: string, value: string | undefined, choices: readonly string[]): readonly string[] {
  if (value === undefined || choices.includes(value)) return [];
  return [`${property} is ${show(value)}: choose ${choices.join(' or ')}.`];
}

function flag(property: string, value: boolean | undefined): readonly string[] {
  return value === undefined || typeof value === 'boolean'
    ? []
    : [`${property} is ${show(value)}: give true or false.`];
}

const show = (value: unknown): string => JSON.stringify(value) ?? String(value);

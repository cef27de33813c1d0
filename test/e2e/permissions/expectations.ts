/** The expectations of the permission tests: exceptions with their reasons, and calls that nobody may make. */
import { STACK_TAG } from '../../../core/contract/tags.js';
import { ACCOUNT, INPUT_BUCKET, NAMES, NOTIFY_SECRET_ARN, REGION, SECRET_ARN } from './names.js';
import type { Principal } from './policies.js';

/** The place in which to add or remove a statement, for messages. */
export const POLICY_FILES: Readonly<Record<Principal, string>> = {
  worker: 'infra/worker-role.ts',
  controller: 'infra/controller-permissions.ts or infra/controller.ts',
  user: 'infra/user-policy.ts',
  switch: 'infra/dead-man-switch.ts',
  schedule: 'infra/controller.ts',
};

/** Allowed calls that none of our programs makes, by principal and statement. */
export const ASKED_FOR_BY_OTHERS: Readonly<Record<string, string>> = {
  'worker OpenSessions':
    "asked for by Session Manager's agent, which is no program of ours, if the pool has the option",
  'controller WriteItsLog': 'asked for by Lambda, which writes what the function prints',
};

/** Calls of the CLI that only the deployer may make: commands before a deployment, and those that delete one. */
export const OF_DEPLOYERS: readonly string[] = ['cloudformation:DeleteStack', 'cloudformation:GetTemplate'];

/** Commands of the SDK in `aws/` that no scene can call. */
export const NOT_IN_A_STACK: Readonly<Record<string, string>> = {
  DescribeSpotFleetRequests: 'a Spot Fleet is none of a stack of ours',
  DescribeSpotFleetInstances: 'a Spot Fleet is none of a stack of ours',
  ModifySpotFleetRequest: 'a Spot Fleet is none of a stack of ours',
  DeleteObject: "for parts of results in a user's own bucket, with the user's own rights",
  GetFunctionConfiguration: 'for a fleet that no deploy made, on an emulator',
  UpdateFunctionConfiguration: 'for a fleet that no deploy made, on an emulator',
};
/** These files create stacks and fleets on emulators and end their instances. They never call AWS. */
export const EMULATORS_ONLY: readonly string[] = [
  'stack-provisioner.ts',
  'fleet-provisioner.ts',
  'recorded-instances.ts',
];

const bucket = `arn:aws:s3:::${NAMES.bucket}`;
const of = (service: string, rest: string): string => `arn:aws:${service}:${REGION}:${ACCOUNT}:${rest}`;
const instance = of('ec2', 'instance/i-1');
const otherFleet = of('ec2', 'fleet/fleet-another');
const queue = of('sqs', NAMES.queue);
const switchRole = NAMES.switchRoleArn;
const PLAIN_PUT = { 's3:ObjectCreationOperation': 'true' };
export const CONDITIONAL_PUT = { ...PLAIN_PUT, 's3:if-none-match': '*' };
export const OUTCOME = `${bucket}/jobs/a/results/00000.jsonl`;

type Row = readonly [Principal, string, string, Readonly<Record<string, string>>?];

const ROWS: readonly Row[] = [
  ['worker', 's3:DeleteObject', OUTCOME],
  ['worker', 's3:PutObject', OUTCOME, PLAIN_PUT],
  ['worker', 's3:PutObject', `${bucket}/fleet/state.json`, CONDITIONAL_PUT],
  ['worker', 's3:PutObject', `${bucket}/fleet/attention/2026-01-01/shortage.json`, CONDITIONAL_PUT],
  ['worker', 's3:PutObject', `${bucket}/workers/current.json`, CONDITIONAL_PUT],
  ['worker', 's3:PutObject', `${bucket}/workers/ab/worker.tar.gz`, CONDITIONAL_PUT],
  ['worker', 's3:PutObject', `${bucket}/models/ab/bundle.tar.gz`, CONDITIONAL_PUT],
  ['worker', 's3:PutObject', `${bucket}/ends/a.json`, CONDITIONAL_PUT],
  ['worker', 's3:PutObject', `${bucket}/files/ab`, CONDITIONAL_PUT],
  ...['job.json', 'input/part-00000.jsonl', 'progress.json', 'done.json', 'cancelled.json'].map((key): Row => [
    'worker',
    's3:PutObject',
    `${bucket}/jobs/a/${key}`,
    CONDITIONAL_PUT,
  ]),
  ['worker', 's3:PutObjectTagging', OUTCOME, { 's3:RequestObjectTag/spotpool:life': 'short' }],
  ['worker', 's3:PutObjectTagging', `${bucket}/jobs/a/partial/00000/l.jsonl`, { 's3:RequestObjectTag/owner': 'me' }],
  ['worker', 's3:PutObject', `arn:aws:s3:::${INPUT_BUCKET}/objects/0.json`, PLAIN_PUT],
  ['worker', 's3:GetObject', 'arn:aws:s3:::another-bucket/a'],
  ['worker', 's3:PutBucketPolicy', bucket],
  ['worker', 'sqs:SendMessage', queue],
  ['worker', 'sqs:PurgeQueue', queue],
  ['worker', 'sqs:ReceiveMessage', of('sqs', NAMES.deadLetters)],
  ...['ec2:RunInstances', 'ec2:TerminateInstances', 'ec2:StopInstances'].map((action): Row => [
    'worker',
    action,
    instance,
    { [`ec2:ResourceTag/${STACK_TAG}`]: NAMES.stack },
  ]),
  ['worker', 'ec2:ModifyFleet', of('ec2', `fleet/${NAMES.fleet}`)],
  ['worker', 'ec2:DescribeInstances', '*'],
  ['worker', 'iam:PassRole', switchRole, { 'iam:PassedToService': 'scheduler.amazonaws.com' }],
  ['worker', 'secretsmanager:GetSecretValue', of('secretsmanager', 'secret:another-AbCdEf')],
  ['worker', 'secretsmanager:GetSecretValue', NOTIFY_SECRET_ARN],

  ['controller', 'ec2:RunInstances', instance],
  ['controller', 'ec2:TerminateInstances', instance, { [`ec2:ResourceTag/${STACK_TAG}`]: NAMES.stack }],
  ['controller', 'ec2:ModifyFleet', otherFleet],
  ['controller', 'ec2:DescribeInstances', '*', { 'aws:RequestedRegion': 'eu-west-1' }],
  ['controller', 's3:DeleteObject', OUTCOME],
  ['controller', 's3:PutObject', OUTCOME, CONDITIONAL_PUT],
  ['controller', 's3:PutObject', `${bucket}/jobs/a/job.json`, CONDITIONAL_PUT],
  ['controller', 's3:PutObject', `${bucket}/workers/current.json`, CONDITIONAL_PUT],
  ['controller', 's3:PutObject', `${bucket}/files/ab`, CONDITIONAL_PUT],
  ['controller', 's3:PutObject', `${bucket}/fleet/exits/0000000001/00000.json`, CONDITIONAL_PUT],
  ['controller', 's3:GetObject', `arn:aws:s3:::${INPUT_BUCKET}/items.jsonl`],
  ['controller', 'sqs:ReceiveMessage', queue],
  ['controller', 'sqs:DeleteMessage', queue],
  ['controller', 'scheduler:CreateSchedule', of('scheduler', 'schedule/another/permissions')],
  ['controller', 'iam:PassRole', switchRole, { 'iam:PassedToService': 'ec2.amazonaws.com' }],
  [
    'controller',
    'iam:PassRole',
    `arn:aws:iam::${ACCOUNT}:role/another`,
    { 'iam:PassedToService': 'scheduler.amazonaws.com' },
  ],
  ['controller', 'sns:Publish', of('sns', 'another')],
  ['controller', 'secretsmanager:GetSecretValue', SECRET_ARN],

  ['user', 's3:DeleteObject', `${bucket}/models/ab/bundle.tar.gz`],
  ['user', 's3:DeleteObject', `${bucket}/files/ab`],
  ['user', 's3:DeleteObject', `${bucket}/fleet/state.json`],
  ['user', 's3:PutObject', OUTCOME, CONDITIONAL_PUT],
  ['user', 's3:PutBucketPolicy', bucket],
  ['user', 's3:PutObject', `arn:aws:s3:::${INPUT_BUCKET}/items.jsonl`, PLAIN_PUT],
  ['user', 'ec2:TerminateInstances', instance],
  ['user', 'ec2:TerminateInstances', instance, { [`ec2:ResourceTag/${STACK_TAG}`]: 'another' }],
  ['user', 'ec2:ModifyFleet', otherFleet],
  ['user', 'ec2:DeleteFleets', of('ec2', `fleet/${NAMES.fleet}`)],
  ['user', 'sqs:ReceiveMessage', queue],
  ['user', 'sqs:PurgeQueue', queue],
  ['user', 'lambda:InvokeFunction', of('lambda', 'function:another')],
  ['user', 'lambda:UpdateFunctionCode', NAMES.functionArn],
  ['user', 'iam:PassRole', switchRole, { 'iam:PassedToService': 'ec2.amazonaws.com' }],
  ['user', 'secretsmanager:GetSecretValue', SECRET_ARN],
  ['user', 'secretsmanager:GetSecretValue', NOTIFY_SECRET_ARN],

  ['switch', 'ec2:ModifyFleet', otherFleet],
  ['switch', 'ec2:DeleteFleets', of('ec2', `fleet/${NAMES.fleet}`)],
  ['switch', 'ec2:TerminateInstances', instance],
  ['schedule', 'lambda:InvokeFunction', of('lambda', 'function:another')],
];

export const FORBIDDEN = ROWS.map(([who, action, resource, context]) => ({ who, action, resource, context }));

/**
 * Lists the IAM permissions that a request to AWS needs: actions on resources, with the keys that conditions use.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
 */
import { endsKey, jobPrefix } from '../../../core/contract/keys.js';
import type { LoggedRequest } from '../../../local/api.js';
import { STACK_TAG } from '../../../core/contract/tags.js';
import { ACCOUNT, NAMES, REGION } from './names.js';
import type { Principal } from './policies.js';

export interface Need {
  readonly action: string;
  readonly resource: string;
  readonly context: Readonly<Record<string, string>>;
}

export interface Call extends Need {
  readonly who: Principal;
  /** The request that needs the permission. */
  readonly request: string;
}

/** The parts of a request that matter to IAM. Requests to services that the local cloud lacks are recorded in the same form. */
export interface Request extends Pick<LoggedRequest, 'action' | 'parameters' | 'headers' | 'status'> {
  readonly service: string;
}

/** The condition keys of every request: it uses TLS and goes to the pool's region. */
export const EVERYWHERE = { 'aws:SecureTransport': 'true', 'aws:RequestedRegion': REGION } as const;

export function needsOf(request: Request): readonly Need[] {
  const needs = SERVICES[request.service]?.(request);
  if (needs === undefined) {
    throw new Error(
      `test/e2e/permissions/calls.ts does not know what ${request.service} ${request.action} needs of IAM: say it there, and add the statement to the policy of who calls it.`,
    );
  }
  return needs.map((need) => ({ ...need, context: { ...EVERYWHERE, ...need.context } }));
}

type Needs = (request: Request) => readonly Need[] | undefined;

const need = (action: string, resource: string, context: Readonly<Record<string, string>> = {}): Need => ({
  action,
  resource,
  context,
});
const arn = (service: string, rest: string): string => `arn:aws:${service}:${REGION}:${ACCOUNT}:${rest}`;

/** Batches are authorised as single calls: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-api-permissions-reference.html */
const sqs: Needs = ({ action, parameters: { QueueUrl = '' } }) => [
  need(`sqs:${action.replace(/Batch$/, '')}`, arn('sqs', QueueUrl.split('/').at(-1) ?? '')),
];

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html */
const s3: Needs = ({ action, parameters, headers, status }) => {
  const bucket = `arn:aws:s3:::${parameters['Bucket'] ?? ''}`;
  const object = `${bucket}/${parameters['Key'] ?? ''}`;
  const read = need('s3:GetObject', object);
  const conditions = ['if-none-match', 'if-match'].flatMap((name) => {
    const value = headers[name];
    return value === undefined ? [] : [[`s3:${name}`, value] as const];
  });
  /** Parts and the start of a multipart upload create no object. https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes-enforce.html */
  const write = (creates: boolean): Need =>
    need('s3:PutObject', object, { ...Object.fromEntries(conditions), 's3:ObjectCreationOperation': String(creates) });
  switch (action) {
    case 'GetObject':
    case 'HeadObject':
      // For a missing object a principal without the list permission gets 403 and not 404. https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
      return status === 404 ? [read, need('s3:ListBucket', bucket)] : [read];
    case 'ListObjectsV2': {
      const { prefix } = parameters;
      return [need('s3:ListBucket', bucket, prefix === undefined ? {} : { 's3:prefix': prefix })];
    }
    case 'PutObject':
    case 'CompleteMultipartUpload':
      // A condition on the existing object reads it. https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
      return [write(true), ...tagging(object, headers), ...(headers['if-match'] === undefined ? [] : [read])];
    case 'CreateMultipartUpload':
      return [write(false), ...tagging(object, headers)];
    case 'UploadPart':
      return [write(false)];
    case 'AbortMultipartUpload':
      return [need('s3:AbortMultipartUpload', object)];
    case 'DeleteObjects':
      // The log of the local cloud has no bodies, which name the keys. Only `rm` sends such requests, for the keys of a job (runner/remove/remove-job.ts).
      return [jobPrefix('job'), endsKey('job')].map((key) => need('s3:DeleteObject', `${bucket}/${key}`));
    default:
      return undefined;
  }
};

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/tagging-and-policies.html */
function tagging(object: string, headers: Request['headers']): readonly Need[] {
  const tags = [...new URLSearchParams(headers['x-amz-tagging'])];
  if (tags.length === 0) return [];
  return [
    need(
      's3:PutObjectTagging',
      object,
      Object.fromEntries(tags.map(([key, value]) => [`s3:RequestObjectTag/${key}`, value])),
    ),
  ];
}

/** https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html */
const ec2: Needs = ({ action, parameters }) => {
  switch (action) {
    case 'DescribeFleets':
    case 'DescribeInstances':
    case 'DescribeSpotPriceHistory':
      return [need(`ec2:${action}`, '*')];
    case 'ModifyFleet':
    case 'DescribeFleetInstances':
      return [need(`ec2:${action}`, arn('ec2', `fleet/${parameters['FleetId'] ?? ''}`))];
    case 'TerminateInstances':
      return Object.entries(parameters).flatMap(([name, id]) =>
        // The stack's launch template tags each instance.
        name.startsWith('InstanceId.')
          ? [
              need('ec2:TerminateInstances', arn('ec2', `instance/${id}`), {
                [`ec2:ResourceTag/${STACK_TAG}`]: NAMES.stack,
              }),
            ]
          : [],
      );
    default:
      return undefined;
  }
};

/** https://docs.aws.amazon.com/scheduler/latest/UserGuide/security_iam_id-based-policies.html */
const scheduler: Needs = ({ action, parameters: { Name = '', GroupName, groupName, Target } }) => {
  const schedule = need(
    `scheduler:${action}`,
    arn('scheduler', `schedule/${GroupName ?? groupName ?? 'default'}/${Name}`),
  );
  if (Target === undefined) return action === 'DeleteSchedule' ? [schedule] : undefined;
  const { RoleArn } = JSON.parse(Target) as { RoleArn: string };
  return [schedule, need('iam:PassRole', RoleArn, { 'iam:PassedToService': 'scheduler.amazonaws.com' })];
};

const SERVICES: Readonly<Record<string, Needs>> = {
  sqs,
  s3,
  ec2,
  scheduler,
  sns: ({ action, parameters }) => [need(`sns:${action}`, parameters['TopicArn'] ?? '')],
  lambda: ({ action, parameters }) => [
    need(`lambda:${action}Function`, arn('lambda', `function:${parameters['FunctionName'] ?? ''}`)),
  ],
  cloudformation: ({ action, parameters }) => [need(`cloudformation:${action}`, parameters['StackName'] ?? '')],
  secretsmanager: ({ action, parameters }) => [need(`secretsmanager:${action}`, parameters['SecretId'] ?? '')],
  servicequotas: ({ action, parameters }) => [
    need(
      `servicequotas:${action}`,
      arn('servicequotas', `${parameters['ServiceCode'] ?? ''}/${parameters['QuotaCode'] ?? ''}`),
    ),
  ],
};

/** The later call of a schedule, with the role that it was given. */
export function callsOfSchedule(request: Request): readonly Call[] {
  const { Target } = request.parameters;
  if (request.service !== 'scheduler' || Target === undefined) return [];
  const { Arn, Input } = JSON.parse(Target) as { Arn: string; Input: string };
  const action = /^arn:aws:scheduler:::aws-sdk:ec2:(.)(.*)$/.exec(Arn);
  const name = `${(action?.[1] ?? '').toUpperCase()}${action?.[2] ?? Arn}`;
  const parameters = JSON.parse(Input) as Record<string, string>;
  return needsOf({ service: 'ec2', action: name, parameters, headers: {} }).map((each) => ({
    ...each,
    who: 'switch',
    request: `a schedule that calls ${name}`,
  }));
}

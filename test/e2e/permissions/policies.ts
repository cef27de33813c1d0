/**
 * The policies of each principal and each resource that the stack deploys. They come from the template, and every reference is replaced by the
 * lab's name. An unknown reference is an error, so that no permission stays unchecked.
 */
import { Template } from 'aws-cdk-lib/assertions';
import type { SpotPoolProps } from '../../../infra/props.js';
import { makeStack } from '../../infra/synth.js';
import { ACCOUNT, INPUT_BUCKET, NAMES, NOTIFY_SECRET_ARN, REGION, SECRET_ARN } from './names.js';

/** The principals that call AWS in a pool. `switch` and `schedule` are EventBridge Scheduler with the roles of the pool's schedules. */
export type Principal = 'worker' | 'controller' | 'user' | 'switch' | 'schedule';

export interface Statement {
  readonly Sid: string;
  readonly Effect: 'Allow' | 'Deny';
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: unknown;
}

export interface Policy {
  readonly Version: string;
  readonly Statement: readonly Statement[];
}

export interface StackPolicies {
  readonly of: Readonly<Record<Principal, Policy>>;
  /** The resource policies, by the resource's ARN. */
  readonly ofResources: Readonly<Record<string, Policy>>;
  /** The outputs that the CLI reads from `cdk-outputs.json`. */
  readonly outputs: Readonly<Record<string, string>>;
  /** The environment of the controller function. */
  readonly functionEnvironment: Readonly<Record<string, string>>;
}

interface Resource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
}

/** The template of a stack with every option that adds a permission. */
const PROPS: SpotPoolProps = {
  name: NAMES.stack,
  inputBuckets: [INPUT_BUCKET],
  secretArns: [SECRET_ARN],
  notifySecretArn: NOTIFY_SECRET_ARN,
  sessionManager: true,
};

export function stackPolicies(): StackPolicies {
  const template = Template.fromStack(makeStack(PROPS)).toJSON() as {
    readonly Resources: Readonly<Record<string, Resource>>;
    readonly Outputs: Readonly<Record<string, { readonly Value: unknown }>>;
  };
  const all = Object.entries(template.Resources);
  const ofType = (type: string): Resource[] =>
    all.flatMap(([, resource]) => (resource.Type === type ? [resource] : []));
  const [profile, lambda, schedule] = [
    'AWS::IAM::InstanceProfile',
    'AWS::Lambda::Function',
    'AWS::Scheduler::Schedule',
  ].map((type) => only(type, ofType(type)));
  const output = (name: string): string => referred(template.Outputs[name]?.Value);

  const policyOf = (role: string): Policy => {
    const { Properties } = template.Resources[role] ?? { Properties: {} };
    // AWS managed policies and inline policies would be missed below.
    if ('ManagedPolicyArns' in Properties || 'Policies' in Properties)
      throw new Error(`${role} has other policies, too.`);
    const attached = ofType('AWS::IAM::Policy').filter((policy) =>
      (policy.Properties['Roles'] as unknown[]).map(referred).includes(role),
    );
    return resolvePolicy(template.Resources, only(`policies of ${role}`, attached).Properties['PolicyDocument']);
  };
  const resolve = (value: unknown): unknown => resolved(template.Resources, value);
  return {
    of: {
      worker: policyOf(referred((profile?.Properties['Roles'] as unknown[])[0])),
      controller: policyOf(referred(lambda?.Properties['Role'])),
      user: resolvePolicy(
        template.Resources,
        template.Resources[output('UserPolicyArn')]?.Properties['PolicyDocument'],
      ),
      switch: policyOf(output('SchedulerRoleArn')),
      schedule: policyOf(referred((schedule?.Properties['Target'] as { RoleArn: unknown }).RoleArn)),
    },
    ofResources: Object.fromEntries([
      ...ofType('AWS::S3::BucketPolicy').map(({ Properties }) => [
        `arn:aws:s3:::${String(resolve(Properties['Bucket']))}`,
        resolvePolicy(template.Resources, Properties['PolicyDocument']),
      ]),
      ...ofType('AWS::SQS::QueuePolicy').flatMap(({ Properties }) =>
        (resolve(Properties['Queues']) as string[]).map((url) => [
          queueArn(url),
          resolvePolicy(template.Resources, Properties['PolicyDocument']),
        ]),
      ),
    ]) as Record<string, Policy>,
    outputs: Object.fromEntries(
      Object.entries(template.Outputs).map(([name, { Value }]) => [name, String(resolve(Value))]),
    ),
    functionEnvironment: resolve((lambda?.Properties['Environment'] as { Variables: unknown }).Variables) as Record<
      string,
      string
    >,
  };
}

const queueArn = (url: string): string => `arn:aws:sqs:${REGION}:${ACCOUNT}:${url.split('/').at(-1) ?? ''}`;

const resolvePolicy = (resources: Readonly<Record<string, Resource>>, document: unknown): Policy =>
  resolved(resources, document) as Policy;

function only<T>(what: string, found: readonly T[]): T {
  const [first, ...more] = found;
  if (first === undefined || more.length > 0) throw new Error(`There are ${found.length} of ${what}, not one.`);
  return first;
}

/** The logical id that a reference names. */
function referred(value: unknown): string {
  const { Ref, 'Fn::GetAtt': attribute } = (value ?? {}) as { Ref?: string; 'Fn::GetAtt'?: readonly [string, string] };
  const id = Ref ?? attribute?.[0];
  if (id === undefined) throw new Error(`This is no reference: ${JSON.stringify(value)}`);
  return id;
}

function resolved(resources: Readonly<Record<string, Resource>>, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => resolved(resources, item));
  if (typeof value !== 'object' || value === null) return value;
  const { Ref, 'Fn::GetAtt': attribute, 'Fn::Join': join } = value as Record<string, never>;
  if (Ref !== undefined) return nameOf(resources, Ref);
  if (attribute !== undefined) return nameOf(resources, attribute[0], attribute[1]);
  if (join !== undefined) return (resolved(resources, join[1]) as string[]).join(join[0]);
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, resolved(resources, item)]));
}

const PSEUDO: Readonly<Record<string, string>> = {
  'AWS::Region': REGION,
  'AWS::AccountId': ACCOUNT,
  'AWS::Partition': 'aws',
  'AWS::StackId': NAMES.stackId,
};

/** The value by which CloudFormation replaces a reference. https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html */
function nameOf(resources: Readonly<Record<string, Resource>>, id: string, attribute = 'Ref'): string {
  const pseudo = PSEUDO[id];
  if (pseudo !== undefined) return pseudo;
  const { Type: type = 'nothing', Properties: properties = {} } = resources[id] ?? {};
  const queue = 'RedrivePolicy' in properties ? NAMES.queue : NAMES.deadLetters;
  const names: Readonly<Record<string, string>> = {
    'AWS::SQS::Queue Ref': `https://sqs.${REGION}.amazonaws.com/${ACCOUNT}/${queue}`,
    'AWS::SQS::Queue Arn': queueArn(queue),
    'AWS::S3::Bucket Ref': NAMES.bucket,
    'AWS::S3::Bucket Arn': `arn:aws:s3:::${NAMES.bucket}`,
    'AWS::EC2::EC2Fleet FleetId': NAMES.fleet,
    'AWS::Scheduler::ScheduleGroup Ref': NAMES.scheduleGroup,
    'AWS::Lambda::Function Ref': NAMES.function,
    'AWS::Lambda::Function Arn': NAMES.functionArn,
    'AWS::IAM::ManagedPolicy Ref': `arn:aws:iam::${ACCOUNT}:policy/${id}`,
    'AWS::SNS::Topic Ref': NAMES.topicArn,
    'AWS::Logs::LogGroup Arn': `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:controller:*`,
    'AWS::IAM::Role Arn': `arn:aws:iam::${ACCOUNT}:role/${/Switch/.test(id) ? NAMES.switchRole : id}`,
  };
  const name = names[`${type} ${attribute}`];
  if (name === undefined)
    throw new Error(`test/e2e/permissions/policies.ts has no name for ${attribute} of ${id}, ${type}.`);
  return name;
}

/** A managed policy with the permissions of the CLI's users. Attach it to people or roles; the stack attaches it to nobody. */
import { Aws } from 'aws-cdk-lib';
import { ManagedPolicy } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { endsPrefix, filesPrefix, jobsPrefix, modelsPrefix, workersPrefix } from '../core/contract/keys.js';
import { STACK_TAG } from '../core/contract/tags.js';
import { anyInstanceArn } from './arns.js';
import { readInputBuckets } from './input-buckets.js';
import { explainWildcards, type Permission, toStatement } from './permissions.js';
import { type ControlProps, controllerPermissions } from './controller-permissions.js';

export interface UserPolicyProps extends ControlProps {
  readonly name: string;
  readonly inputBuckets: readonly string[];
  readonly controllerArn?: string | undefined;
}

export class UserPolicy extends Construct {
  readonly policyArn: string;

  constructor(scope: Construct, id: string, props: UserPolicyProps) {
    super(scope, id);
    const permissions = [
      ...controllerPermissions(props),
      ...submitting(props),
      ...readInputBuckets(props.inputBuckets),
      ...looking(),
      tearingDown(props.name),
    ];
    const policy = new ManagedPolicy(this, 'Policy', {
      description: `spotpool: what a user of pool ${props.name} needs to submit, follow and fetch jobs`,
      statements: permissions.map(toStatement),
    });
    explainWildcards(policy, permissions);
    this.policyArn = policy.managedPolicyArn;
  }
}

/** These objects may be larger than one request holds. */
const UPLOADED = [`${jobsPrefix}*/input/*`, `${modelsPrefix}*`, `${filesPrefix}*`] as const;
const SUBMITTED = [
  ...UPLOADED,
  ...['job.json', 'enqueued.json', 'reruns/*', 'prices.json'].map((key) => `${jobsPrefix}*/${key}`),
  `${workersPrefix}*`,
] as const;

function submitting({ store, controllerArn }: UserPolicyProps): readonly Permission[] {
  const permissions: Permission[] = [
    {
      sid: 'SubmitJobsWithModelsAndWorker',
      why: 'A user writes jobs, models, files of folders and the worker under their prefixes. None of them is known at deploy.',
      actions: ['s3:PutObject'],
      resources: SUBMITTED.map((key) => store.bucket.arnForObjects(key)),
    },
    {
      sid: 'RemovePartsOfBrokenUploads',
      why: 'Input, models and large files are uploaded in parts, which AWS bills until they are removed. None of them is known at deploy.',
      actions: ['s3:AbortMultipartUpload'],
      resources: UPLOADED.map((key) => store.bucket.arnForObjects(key)),
    },
  ];
  permissions.push({
    sid: 'RemoveJobs',
    why: 'A user removes jobs that are over. None of them is known at deploy.',
    actions: ['s3:DeleteObject'],
    resources: [`${jobsPrefix}*`, `${endsPrefix}*`].map((key) => store.bucket.arnForObjects(key)),
  });
  if (controllerArn === undefined) return permissions;
  permissions.push({
    sid: 'WakeTheController',
    why: 'A command wakes the controller, so that a job starts now instead of within a minute.',
    actions: ['lambda:InvokeFunction'],
    resources: [controllerArn],
  });
  return permissions;
}

function looking(): readonly Permission[] {
  return [
    {
      sid: 'SeePricesAndQuota',
      why: 'IAM supports no resources for prices, and the quota of an account holds no secret of the pool.',
      actions: ['ec2:DescribeSpotPriceHistory', 'servicequotas:GetServiceQuota'],
      resources: ['*'],
      conditions: { StringEquals: { 'aws:RequestedRegion': Aws.REGION } },
    },
    {
      sid: 'SeeTheStack',
      why: 'Colleagues read the current outputs of this stack.',
      actions: ['cloudformation:DescribeStacks'],
      resources: [Aws.STACK_ID],
    },
  ];
}

/** This permission does not delete the stack itself: people who may deploy it may delete it. */
function tearingDown(name: string): Permission {
  return {
    sid: 'EndInstancesOfThisPool',
    why: "A teardown ends the instances with the pool's tag, and no others.",
    actions: ['ec2:TerminateInstances'],
    resources: [anyInstanceArn()],
    conditions: { StringEquals: { [`ec2:ResourceTag/${STACK_TAG}`]: name } },
  };
}

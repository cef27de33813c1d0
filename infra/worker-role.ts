/** The role of the instances: one queue, and its own parts of one bucket. It allows no call of EC2, because an instance ends itself through the operating system. */
import { InstanceProfile, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import {
  endsPrefix,
  exitTicketsPrefix,
  filesPrefix,
  fleetStateKey,
  jobsPrefix,
  modelsPrefix,
  workersPrefix,
} from '../core/contract/keys.js';
import { SHORT_LIVED_TAG } from '../core/contract/tags.js';
import {
  LOSSES_WRITTEN,
  OUTCOMES_WRITTEN,
  SHORT_LIVED_WRITTEN,
  WORKER_WRITES,
} from '../core/contract/worker-writes.js';
import type { JobStore } from './job-store.js';
import { readInputBuckets } from './input-buckets.js';
import { permit, type Permission } from './permissions.js';
import type { Settings } from './props.js';

export interface WorkerRoleProps {
  readonly settings: Settings;
  readonly store: JobStore;
}

const READ = [
  `${jobsPrefix}*`,
  `${endsPrefix}*`,
  `${modelsPrefix}*`,
  `${filesPrefix}*`,
  `${workersPrefix}*`,
  `${exitTicketsPrefix}*`,
  fleetStateKey,
] as const;

export class WorkerRole extends Construct {
  readonly role: Role;
  readonly instanceProfileArn: string;

  constructor(scope: Construct, id: string, { settings, store }: WorkerRoleProps) {
    super(scope, id);
    this.role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('ec2.amazonaws.com'),
      description: 'spotpool: what an instance may do',
    });
    permit(this.role, [...basics(store), ...options(settings)]);
    this.instanceProfileArn = new InstanceProfile(this, 'Profile', { role: this.role }).instanceProfileArn;
  }
}

function basics({ queue, bucket }: JobStore): readonly Permission[] {
  const keys = (patterns: readonly string[]): string[] => patterns.map((pattern) => bucket.arnForObjects(pattern));
  return [
    {
      sid: 'LeaseBatches',
      why: 'A worker receives messages, extends their leases and deletes those with an outcome. IAM authorises batch calls as single ones.',
      actions: ['sqs:ReceiveMessage', 'sqs:ChangeMessageVisibility', 'sqs:DeleteMessage'],
      resources: [queue.queueArn],
    },
    {
      sid: 'ReadJobsModelsAndOwnCode',
      why: 'A worker serves every job of the pool. Jobs, models, files and versions of the worker are not known at deploy.',
      actions: ['s3:GetObject'],
      resources: keys(READ),
    },
    {
      // https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
      sid: 'TellMissingFromForbidden',
      why: 'Without this permission S3 answers 403 for a missing key. It also does when a condition requires a prefix, because a read has none.',
      actions: ['s3:ListBucket'],
      resources: [bucket.bucketArn],
    },
    {
      sid: 'CommitOutcomesAndTell',
      why: 'A worker writes about any job and about itself. It may not write the state of the fleet or the pointer to its own code, and deletes nothing.',
      actions: ['s3:PutObject'],
      resources: keys(WORKER_WRITES.filter((pattern) => pattern !== LOSSES_WRITTEN)),
    },
    {
      // https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes-enforce.html
      sid: 'MarkLosses',
      why: 'The program that outlives a worker marks which batches it died with, of any job. A mark is never replaced.',
      actions: ['s3:PutObject'],
      resources: keys([LOSSES_WRITTEN]),
      conditions: { Null: { 's3:if-none-match': 'false' } },
    },
    {
      sid: 'RemovePartsOfBrokenOutcomes',
      why: 'A worker uploads an outcome larger than memory in parts, which AWS bills until they are removed. No job is known at deploy.',
      actions: ['s3:AbortMultipartUpload'],
      resources: keys([OUTCOMES_WRITTEN]),
    },
    {
      sid: 'MarkWhatTheLifecycleDeletes',
      why: 'The lifecycle rule finds partials and events of any job by this tag. A worker may set no other tag.',
      actions: ['s3:PutObjectTagging'],
      resources: keys(SHORT_LIVED_WRITTEN),
      conditions: { StringEquals: { [`s3:RequestObjectTag/${SHORT_LIVED_TAG.key}`]: SHORT_LIVED_TAG.value } },
    },
  ];
}

function options({ inputBuckets, secretArns, sessionManager }: Settings): readonly Permission[] {
  const permissions: Permission[] = [];
  permissions.push(...readInputBuckets(inputBuckets));
  if (secretArns.length > 0) {
    permissions.push({
      sid: 'ReadSecretsOfModels',
      why: 'The owner of the pool named these secrets for models.',
      actions: ['secretsmanager:GetSecretValue'],
      resources: secretArns,
    });
  }
  if (sessionManager) {
    permissions.push({
      // https://docs.aws.amazon.com/systems-manager/latest/userguide/getting-started-create-iam-instance-profile.html
      sid: 'OpenSessions',
      why: "Session Manager's agent needs these calls, for which IAM supports no resources.",
      actions: [
        'ssm:UpdateInstanceInformation',
        'ssmmessages:CreateControlChannel',
        'ssmmessages:CreateDataChannel',
        'ssmmessages:OpenControlChannel',
        'ssmmessages:OpenDataChannel',
      ],
      resources: ['*'],
    });
  }
  return permissions;
}

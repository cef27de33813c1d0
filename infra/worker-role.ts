/** What an instance may do: no EC2 at all (it ends itself through the operating system), one queue, and its own corners of one bucket. */
import { InstanceProfile, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { exitTicketsPrefix, fleetStateKey, jobsPrefix, modelsPrefix, workersPrefix } from '../core/contract/keys.js';
import { SHORT_LIVED_TAG } from '../core/contract/tags.js';
import { OUTCOMES_WRITTEN, SHORT_LIVED_WRITTEN, WORKER_WRITES } from '../core/contract/worker-writes.js';
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
  `${modelsPrefix}*`,
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
      why: 'A worker takes batches, beats their leases and deletes what has an outcome; batch calls are authorised as single ones.',
      actions: ['sqs:ReceiveMessage', 'sqs:ChangeMessageVisibility', 'sqs:DeleteMessage'],
      resources: [queue.queueArn],
    },
    {
      sid: 'ReadJobsModelsAndOwnCode',
      why: 'A worker serves every job of the pool; jobs, models and versions of the worker are not known at deploy.',
      actions: ['s3:GetObject'],
      resources: keys(READ),
    },
    {
      // https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
      sid: 'TellMissingFromForbidden',
      why: 'Without it S3 answers 403 for a key that is not there, also if a condition asks for a prefix, which such a read has not.',
      actions: ['s3:ListBucket'],
      resources: [bucket.bucketArn],
    },
    {
      sid: 'CommitOutcomesAndTell',
      why: 'What a worker writes of any job and of itself: not the word of the controller, nor the pointer to its own code; it deletes nothing.',
      actions: ['s3:PutObject'],
      resources: keys(WORKER_WRITES),
    },
    {
      sid: 'RemovePartsOfBrokenOutcomes',
      why: 'An outcome larger than memory goes up in parts, which are billed until they are removed; no job is known at deploy.',
      actions: ['s3:AbortMultipartUpload'],
      resources: keys([OUTCOMES_WRITTEN]),
    },
    {
      sid: 'MarkWhatTheLifecycleDeletes',
      why: 'Partials and events of any job bear the tag by which the lifecycle rule finds them; no other tag may be set.',
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
      why: "The calls of Session Manager's agent, which know no resource.",
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

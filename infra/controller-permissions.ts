/** The permissions of every controller. The stack's Lambda function and the CLI's commands run the same passes, so they need the same. */
import { Aws } from 'aws-cdk-lib';
import { endsPrefix, fleetStateKey, jobsPrefix } from '../core/contract/keys.js';
import { fleetArn } from './arns.js';
import type { DeadManSwitch } from './dead-man-switch.js';
import type { JobStore } from './job-store.js';
import type { Permission } from './permissions.js';

export interface ControlProps {
  readonly store: JobStore;
  readonly fleetId: string;
  readonly deadMan: DeadManSwitch;
}

export function controllerPermissions(control: ControlProps): readonly Permission[] {
  return [...jobPermissions(control.store), ...fleetPermissions(control)];
}

function jobPermissions({ bucket, queue }: JobStore): readonly Permission[] {
  return [
    {
      sid: 'ReadTheBucket',
      why: 'A controller reads every job, outcome and report of the pool; none is known at deploy.',
      actions: ['s3:GetObject'],
      resources: [bucket.arnForObjects('*')],
    },
    {
      sid: 'ListTheBucket',
      why: 'A controller finds jobs and outcomes by listing. Without this permission, S3 would answer for a missing key that it is forbidden.',
      actions: ['s3:ListBucket'],
      resources: [bucket.bucketArn],
    },
    {
      sid: 'FoldProgressEndJobsGrantExits',
      why: 'A controller writes the progress, the history and the ends of any job, and the state of the fleet.',
      actions: ['s3:PutObject'],
      resources: [`${jobsPrefix}*/progress.json`, `${jobsPrefix}*/history.json`, `${endsPrefix}*`, fleetStateKey].map(
        (key) => bucket.arnForObjects(key),
      ),
    },
    {
      sid: 'SeeTheQueueAndSendLostBatchesAgain',
      why: 'A controller sends batches again that have neither an outcome nor a message (R5).',
      actions: ['sqs:GetQueueAttributes', 'sqs:SendMessage'],
      resources: [queue.queueArn],
    },
  ];
}

function fleetPermissions({ fleetId, deadMan }: ControlProps): readonly Permission[] {
  return [
    {
      sid: 'SetTheTargetOfThisFleet',
      why: 'A controller modifies this fleet, and no other fleet of the account.',
      actions: ['ec2:ModifyFleet', 'ec2:DescribeFleetInstances'],
      resources: [fleetArn(fleetId)],
    },
    {
      // https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
      sid: 'SeeFleetsAndInstances',
      why: 'IAM supports no resources for these calls.',
      actions: ['ec2:DescribeFleets', 'ec2:DescribeInstances'],
      resources: ['*'],
      conditions: { StringEquals: { 'aws:RequestedRegion': Aws.REGION } },
    },
    {
      sid: 'ArmTheSwitch',
      why: 'A controller raises the fleet only after it has set the schedule that would undo it (R9). The group holds nothing else.',
      actions: ['scheduler:CreateSchedule', 'scheduler:UpdateSchedule', 'scheduler:DeleteSchedule'],
      resources: [deadMan.scheduleArn],
    },
    {
      sid: 'HandTheSwitchItsRole',
      why: 'A schedule needs the role with which it acts.',
      actions: ['iam:PassRole'],
      resources: [deadMan.role.roleArn],
      conditions: { StringEquals: { 'iam:PassedToService': 'scheduler.amazonaws.com' } },
    },
  ];
}

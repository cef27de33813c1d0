/** What every controller needs, the stack's Lambda and a command of the CLI alike: both run the same passes. */
import { Aws } from 'aws-cdk-lib';
import { fleetStateKey, jobsPrefix } from '../core/contract/keys.js';
import { fleetArn } from './arns.js';
import type { DeadManSwitch } from './dead-man-switch.js';
import type { JobStore } from './job-store.js';
import type { Permission } from './permissions.js';

export interface SteeringMeans {
  readonly store: JobStore;
  readonly fleetId: string;
  readonly deadMan: DeadManSwitch;
}

export function steeringPermissions(means: SteeringMeans): readonly Permission[] {
  return [...jobPermissions(means.store), ...fleetPermissions(means)];
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
      why: 'Jobs and outcomes are found by listing; and without it a key that is missing would look forbidden.',
      actions: ['s3:ListBucket'],
      resources: [bucket.bucketArn],
    },
    {
      sid: 'FoldProgressEndJobsGrantExits',
      why: "A controller's own words, about any job and about the fleet.",
      actions: ['s3:PutObject'],
      resources: [`${jobsPrefix}*/progress.json`, `${jobsPrefix}*/done.json`, fleetStateKey].map((key) =>
        bucket.arnForObjects(key),
      ),
    },
    {
      sid: 'SeeTheQueueAndSendLostBatchesAgain',
      why: 'Batches without an outcome whose messages are gone are sent again (R5).',
      actions: ['sqs:GetQueueAttributes', 'sqs:SendMessage'],
      resources: [queue.queueArn],
    },
  ];
}

function fleetPermissions({ fleetId, deadMan }: SteeringMeans): readonly Permission[] {
  return [
    {
      sid: 'SetTheTargetOfThisFleet',
      why: 'This fleet, and no other of the account.',
      actions: ['ec2:ModifyFleet', 'ec2:DescribeFleetInstances'],
      resources: [fleetArn(fleetId)],
    },
    {
      // https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
      sid: 'SeeFleetsAndInstances',
      why: 'These describe calls know no resource.',
      actions: ['ec2:DescribeFleets', 'ec2:DescribeInstances'],
      resources: ['*'],
      conditions: { StringEquals: { 'aws:RequestedRegion': Aws.REGION } },
    },
    {
      sid: 'ArmTheSwitch',
      why: 'No raise without the schedule that would undo it (R9), which is alone in its group; a parked fleet needs none.',
      actions: ['scheduler:CreateSchedule', 'scheduler:UpdateSchedule', 'scheduler:DeleteSchedule'],
      resources: [deadMan.scheduleArn],
    },
    {
      sid: 'HandTheSwitchItsRole',
      why: 'A schedule is made with the role that it acts with.',
      actions: ['iam:PassRole'],
      resources: [deadMan.role.roleArn],
      conditions: { StringEquals: { 'iam:PassedToService': 'scheduler.amazonaws.com' } },
    },
  ];
}

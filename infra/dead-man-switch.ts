/**
 * The dead-man's switch (R9): the group and the role of the one-time schedule that sets the fleet's target to 0 when no controller runs any more. The
 * controller that raises the fleet makes the schedule, one for the pool, and postpones it with each pass. The stack makes none, because a parked fleet
 * needs none.
 */
import { Aws, RemovalPolicy } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnScheduleGroup } from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';
import { fleetArn } from './arns.js';
import { permit } from './permissions.js';

export interface DeadManSwitchProps {
  readonly name: string;
  readonly fleetId: string;
}

export class DeadManSwitch extends Construct {
  readonly groupName: string;
  readonly role: Role;
  /** The ARN matches the schedule that controllers make, by any name. */
  readonly scheduleArn: string;

  constructor(scope: Construct, id: string, { name, fleetId }: DeadManSwitchProps) {
    super(scope, id);
    const group = new CfnScheduleGroup(this, 'Group', { name: `${name}-switch` });
    // Deleting the group deletes the schedule in it.
    group.applyRemovalPolicy(RemovalPolicy.DESTROY);
    this.groupName = group.ref;
    this.scheduleArn = `arn:${Aws.PARTITION}:scheduler:${Aws.REGION}:${Aws.ACCOUNT_ID}:schedule/${this.groupName}/*`;
    this.role = new Role(this, 'Role', {
      description: 'spotpool: parks the fleet when nobody controls it',
      // Only schedules of this group may assume the role. https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID, 'aws:SourceArn': group.attrArn } },
      }),
    });
    permit(this.role, [
      {
        sid: 'ParkThisFleet',
        why: 'The switch sets the target of this fleet, and does nothing else.',
        actions: ['ec2:ModifyFleet'],
        resources: [fleetArn(fleetId)],
      },
    ]);
  }
}

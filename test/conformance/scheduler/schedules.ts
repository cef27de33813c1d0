/** Creates one-time schedules so far in the future that they never fire, and removes them. */
import { type CreateScheduleCommandInput, DeleteScheduleCommand } from '@aws-sdk/client-scheduler';
import type { ConformanceTarget } from '../target.js';

export const TARGET = {
  Arn: 'arn:aws:scheduler:::aws-sdk:ec2:modifyFleet',
  RoleArn: 'arn:aws:iam::000000000000:role/scheduler',
  Input: JSON.stringify({
    FleetId: 'fleet-00000000-0000-0000-0000-000000000000',
    ExcessCapacityTerminationPolicy: 'no-termination',
    TargetCapacitySpecification: { TotalTargetCapacity: 0 },
  }),
} as const;

export const scheduleOf = (Name: string): CreateScheduleCommandInput => ({
  Name,
  ScheduleExpression: 'at(2099-12-31T23:59:59)',
  FlexibleTimeWindow: { Mode: 'OFF' },
  Target: TARGET,
});

export async function remove({ scheduler }: ConformanceTarget, ...names: readonly string[]): Promise<void> {
  for (const Name of names) await scheduler.send(new DeleteScheduleCommand({ Name })).catch(() => undefined);
}

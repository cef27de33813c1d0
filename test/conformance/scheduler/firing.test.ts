/**
 * https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#one-time: a schedule fires within the
 * minute that it names.
 * https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-delete.html: ActionAfterCompletion
 */
import {
  CreateFleetCommand,
  CreateLaunchTemplateCommand,
  DeleteFleetsCommand,
  DeleteLaunchTemplateCommand,
  DescribeFleetsCommand,
} from '@aws-sdk/client-ec2';
import { CreateScheduleCommand, GetScheduleCommand } from '@aws-sdk/client-scheduler';
import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '../../support/eventually.js';
import { conformanceTarget, unique } from '../target.js';
import { remove, scheduleOf, TARGET } from './schedules.js';
import { errorOf } from '../../support/error-of.js';

const target = conformanceTarget();
/** AWS may take until the end of the minute. */
const WITHIN = { timeoutMs: 70_000 };
const undo: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const action of undo.splice(0).reverse()) await action();
});

async function emptyFleet(): Promise<string> {
  const { ec2 } = target();
  const LaunchTemplateName = unique('template');
  await ec2.send(
    new CreateLaunchTemplateCommand({
      LaunchTemplateName,
      LaunchTemplateData: { ImageId: 'ami-00000000000000000', InstanceType: 'c7g.large' },
    }),
  );
  undo.push(() => ec2.send(new DeleteLaunchTemplateCommand({ LaunchTemplateName })));
  const { FleetId = '' } = await ec2.send(
    new CreateFleetCommand({
      Type: 'maintain',
      ExcessCapacityTerminationPolicy: 'termination',
      LaunchTemplateConfigs: [{ LaunchTemplateSpecification: { LaunchTemplateName, Version: '1' } }],
      TargetCapacitySpecification: { TotalTargetCapacity: 0, DefaultTargetCapacityType: 'spot' },
    }),
  );
  undo.push(() => ec2.send(new DeleteFleetsCommand({ FleetIds: [FleetId], TerminateInstances: true })));
  return FleetId;
}

describe('one-time schedules: firing', () => {
  it('modifies the fleet at its time, and deletes itself if configured', { timeout: 90_000 }, async () => {
    const { scheduler, ec2 } = target();
    const FleetId = await emptyFleet();
    const Name = unique('schedule');
    undo.push(() => remove(target(), Name));
    const soon = new Date(Date.now() + 1_000).toISOString().slice(0, 19);
    await scheduler.send(
      new CreateScheduleCommand({
        ...scheduleOf(Name),
        ScheduleExpression: `at(${soon})`,
        ActionAfterCompletion: 'DELETE',
        Target: {
          ...TARGET,
          Input: JSON.stringify({ FleetId, ExcessCapacityTerminationPolicy: 'no-termination' }),
        },
      }),
    );
    await eventually(async () => {
      const { Fleets } = await ec2.send(new DescribeFleetsCommand({ FleetIds: [FleetId] }));
      return Fleets?.[0]?.ExcessCapacityTerminationPolicy === 'no-termination';
    }, WITHIN);
    const gone = await eventually(() => errorOf(scheduler.send(new GetScheduleCommand({ Name }))), WITHIN);
    expect(gone.name).toBe('ResourceNotFoundException');
  });
});

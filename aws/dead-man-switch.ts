/**
 * The dead-man's switch of R9: each stack has one schedule, which sets the fleet's target to 0, and which every controller postpones.
 * runner/controller/act/hold-switch.ts explains who removes it when the fleet is parked, and why that is safe.
 *
 * Invariants:
 * - It lowers the target with no-termination: running instances go on, and ended ones are not replaced.
 * - An armed switch is at least `delayMs` away by AWS's clock, not by this machine's, when the two differ by minutes.
 */
import { createHash } from 'node:crypto';
import {
  CreateScheduleCommand,
  type CreateScheduleCommandInput,
  DeleteScheduleCommand,
  type SchedulerClient,
  type Target,
  UpdateScheduleCommand,
} from '@aws-sdk/client-scheduler';
import type { SchedulerConfig, StackConfig } from '../core/contract/stack.js';
import type { DeadManSwitch } from '../runner/ports.js';
import { isScheduleConflict, isScheduleMissing } from './errors.js';
import { ec2FleetTarget, spotFleetTarget } from './target-requests.js';

/** Any controller makes many passes in this time (R9), and an instance without a controller costs a quarter of an hour. */
export const SWITCH_DELAY_MS = 15 * 60_000;
/** The switch is postponed this often within the delay, so a controller may miss several passes in a row. */
const PUSHES_WITHIN_DELAY = 15;
/**
 * A fleet that is being modified accepts no other change for some seconds, and EC2 may be out of reach for minutes. After this time a retry
 * could lower a fleet that has been raised again.
 */
const RETRY_POLICY = { MaximumEventAgeInSeconds: 3_600, MaximumRetryAttempts: 185 } as const;
/** Two controllers may race for update, create and update again. More rounds mean that somebody keeps creating and deleting the schedule. */
const MAX_ROUNDS = 4;
/** The SDK learns AWS's clock only to within seconds, and EventBridge Scheduler is precise to a minute. */
const CLOCK_TOLERANCE_MS = 60_000;
/** https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html#scheduler-CreateSchedule-request-Name */
const MAX_NAME_LENGTH = 64;
const HASH_LENGTH = 8;

export interface DeadManSwitchOptions {
  readonly stack: Pick<StackConfig, 'name' | 'scheduler'>;
  /** Returns the fleet to park. It is called whenever the switch is armed, because the fleet may have been replaced. */
  readonly fleetId: () => string;
  readonly nowMs: () => number;
  /** Only a lab sets a shorter delay, because EventBridge Scheduler is precise to a minute. */
  readonly delayMs?: number;
}

export function makeDeadManSwitch(client: SchedulerClient, options: DeadManSwitchOptions): DeadManSwitch {
  const delayMs = options.delayMs ?? SWITCH_DELAY_MS;
  return {
    pushOutEveryMs: delayMs / PUSHES_WITHIN_DELAY,
    arm: async (signal) => {
      const scheduler = neededScheduler(options.stack);
      const arm = async (behindMs: number): Promise<void> => {
        const atMs = options.nowMs() + behindMs + delayMs;
        await put(
          client,
          scheduleOf({ name: options.stack.name, fleetId: options.fleetId() }, scheduler, atMs),
          signal,
        );
      };
      const known = clockBehindMs(client);
      await arm(known);
      // The answer may show that this machine's clock is wrong, and the time that was just sent came from it.
      const learned = clockBehindMs(client);
      if (Math.abs(learned - known) > CLOCK_TOLERANCE_MS) await arm(learned);
    },
    disarm: async (abortSignal) => {
      const { name, scheduler } = options.stack;
      if (scheduler === undefined) return; // without a scheduler nobody could arm it
      try {
        await client.send(new DeleteScheduleCommand({ Name: switchName(name), GroupName: scheduler.groupName }), {
          abortSignal,
        });
      } catch (error) {
        if (!isScheduleMissing(error)) throw error;
      }
    },
  };
}

/** Returns how far this machine's clock is behind AWS's if that is more than the tolerance. The SDK learns it from each answer. */
function clockBehindMs({ config }: SchedulerClient): number {
  return Math.abs(config.systemClockOffset) > CLOCK_TOLERANCE_MS ? config.systemClockOffset : 0;
}

/** Usually the schedule exists. Two controllers may find at once that it does not. */
async function put(client: SchedulerClient, schedule: CreateScheduleCommandInput, abortSignal: AbortSignal) {
  for (let round = 1; ; round++) {
    try {
      const isUpdate = round % 2 === 1;
      if (isUpdate) await client.send(new UpdateScheduleCommand(schedule), { abortSignal });
      else await client.send(new CreateScheduleCommand(schedule), { abortSignal });
      return;
    } catch (error) {
      const overtaken = round % 2 === 1 ? isScheduleMissing(error) : isScheduleConflict(error);
      if (!overtaken || round >= MAX_ROUNDS) throw error;
    }
  }
}

function neededScheduler({ name, scheduler }: DeadManSwitchOptions['stack']): SchedulerConfig {
  if (scheduler !== undefined) return scheduler;
  throw new Error(
    `The stack ${name} names no role for its schedule (SchedulerRoleArn). Deploy the stack again, or set SPOTPOOL_SCHEDULER_ROLE_ARN ` +
      'to a role that EventBridge Scheduler may assume and that may modify the fleet',
  );
}

function scheduleOf(
  { name, fleetId }: Pick<StackConfig, 'name' | 'fleetId'>,
  { roleArn, groupName }: SchedulerConfig,
  atMs: number,
): CreateScheduleCommandInput {
  return {
    Name: switchName(name),
    GroupName: groupName,
    Description: `Sets the target of ${fleetId} to 0 when no controller of ${name} has been at work for a while.`,
    ScheduleExpression: `at(${utcSeconds(atMs)})`,
    ScheduleExpressionTimezone: 'UTC',
    FlexibleTimeWindow: { Mode: 'OFF' },
    State: 'ENABLED',
    ActionAfterCompletion: 'DELETE',
    Target: { RoleArn: roleArn, ...parking(fleetId), RetryPolicy: RETRY_POLICY },
  };
}

/** The names are those of EC2's API, in upper camel case. https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html */
function parking(fleetId: string): Required<Pick<Target, 'Arn' | 'Input'>> {
  if (fleetId.startsWith('sfr-')) {
    return {
      Arn: 'arn:aws:scheduler:::aws-sdk:ec2:modifySpotFleetRequest',
      Input: JSON.stringify(spotFleetTarget(fleetId, 0)),
    };
  }
  return {
    Arn: 'arn:aws:scheduler:::aws-sdk:ec2:modifyFleet',
    Input: JSON.stringify(ec2FleetTarget(fleetId, 0)),
  };
}

/** Rounds up to whole seconds, so that the schedule never fires earlier than requested. */
const utcSeconds = (atMs: number): string => new Date(Math.ceil(atMs / 1000) * 1000).toISOString().slice(0, 19);

/** The schedule has the name of the stack, cut to the length of a schedule's name, with a digest that tells cut names apart. */
export function switchName(stack: string): string {
  if (stack.length <= MAX_NAME_LENGTH && /^[0-9a-zA-Z-_.]+$/.test(stack)) return stack;
  const digest = createHash('sha256').update(stack).digest('hex').slice(0, HASH_LENGTH);
  return `${stack.replace(/[^0-9a-zA-Z-_.]/g, '-').slice(0, MAX_NAME_LENGTH - HASH_LENGTH - 1)}-${digest}`;
}

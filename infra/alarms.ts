/** The description of each alarm says what to do. There are six alarms at most, because the first ten of an account cost nothing. */
import { Alarm, ComparisonOperator, type IMetric, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { JobStore } from './job-store.js';
import { firedAtWork, ofSwitch, period, stalled, visible } from './pool-metrics.js';

export interface AlarmsProps {
  readonly name: string;
  readonly stallMinutes: number;
  readonly store: JobStore;
  readonly switchGroup: string;
  readonly topic: Topic;
  readonly controller?: IFunction | undefined;
}

interface Rule {
  readonly metric: IMetric;
  readonly says: string;
  /** The alarm goes off when the metric reaches this bound in this many consecutive periods of five minutes. */
  readonly atLeast?: number;
  readonly periods?: number;
  /** The alarm goes off when the metric is below the bound, or missing. */
  readonly whenLess?: boolean;
}

const PERIOD_MINUTES = 5;
/** The next pass repairs a failed one; several failed passes in five minutes are no accident. */
const CONTROLLER_ERRORS = 3;
/** Ten passes are due in this time. */
const SILENT_PERIODS = 2;

export class Alarms extends Construct {
  readonly alarms: readonly Alarm[];

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    const action = new SnsAction(props.topic);
    this.alarms = Object.entries({ ...jobRules(props), ...controllerRules(props) }).map(([name, rule]) => {
      const alarm = this.#makeAlarm(name, props.name, rule);
      alarm.addAlarmAction(action);
      return alarm;
    });
  }

  #makeAlarm(id: string, pool: string, { metric, says, atLeast = 1, periods = 1, whenLess }: Rule): Alarm {
    return new Alarm(this, id, {
      alarmDescription: `spotpool ${pool}: ${says}`,
      metric,
      threshold: atLeast,
      evaluationPeriods: periods,
      comparisonOperator:
        whenLess === true
          ? ComparisonOperator.LESS_THAN_THRESHOLD
          : ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: whenLess === true ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
    });
  }
}

function jobRules({ store, stallMinutes }: AlarmsProps): Readonly<Record<string, Rule>> {
  return {
    DeadLetters: {
      metric: visible(store.deadLetterQueue),
      says:
        'A batch was received a thousand times without an outcome. Its job goes on, and the controller sends the batch again. Look at the job with ' +
        '"spotpool status" and "spotpool logs", and cancel it if it cannot end. Then purge the dead-letter queue.',
    },
    Stalled: {
      metric: stalled(store.queue),
      periods: Math.max(1, Math.ceil(stallMinutes / PERIOD_MINUTES)),
      says:
        `Work is left and nothing was committed for ${stallMinutes} minutes. Run "spotpool fleet". If no instance runs, Spot capacity or the Spot vCPU quota ` +
        'is short: widen vcpus, memoryMib or zones, or ask AWS for more quota. If instances run, "spotpool logs" shows what they wait for. ' +
        'If your batches take longer than this, raise stallMinutes.',
    },
  };
}

function controllerRules({ controller, store, switchGroup }: AlarmsProps): Readonly<Record<string, Rule>> {
  const switchRules: Record<string, Rule> = {
    SwitchFired: {
      metric: firedAtWork(store.queue, switchGroup),
      says:
        'The dead-man’s switch set the fleet’s target to 0, because no controller ran for fifteen minutes. Nothing is lost, and the work waits. ' +
        (controller === undefined
          ? 'In this pool only commands control the fleet: run "spotpool watch" on the job, which raises the fleet again, and leave it running.'
          : 'Read in the controller’s log why it does not run. Then run "spotpool watch" on the job, which raises the fleet again.'),
    },
    SwitchFailed: {
      metric: ofSwitch('TargetErrorCount', switchGroup),
      says:
        'The dead-man’s switch could not set the fleet’s target to 0, so instances may run while no controller does. Set the target to 0 now (in the EC2 ' +
        'console, or by "aws ec2 modify-fleet" with no-termination). Then check the role of the switch.',
    },
  };
  if (controller === undefined) return switchRules;
  return {
    ...switchRules,
    ControllerErrors: {
      metric: controller.metricErrors({ period: period(), statistic: Stats.SUM }),
      atLeast: CONTROLLER_ERRORS,
      says:
        'Passes of the controller fail. Workers go on, but after fifteen minutes without a pass the fleet’s target is set to 0. The controller’s log says ' +
        'why. Meanwhile "spotpool watch" on a job controls the fleet.',
    },
    ControllerSilent: {
      metric: controller.metricInvocations({ period: period(), statistic: Stats.SUM }),
      whenLess: true,
      periods: SILENT_PERIODS,
      says:
        'The controller has not run for ten minutes. Enable its schedule in EventBridge Scheduler, or deploy the stack again. Meanwhile "spotpool watch" on ' +
        'a job controls the fleet.',
    },
  };
}

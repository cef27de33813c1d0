/** The metrics that alarms and dashboard share. SQS, Lambda and Scheduler report theirs for free; the controller reports the pool's own. */
import { Duration } from 'aws-cdk-lib';
import { MathExpression, Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { METRICS_DIMENSION, METRICS_NAMESPACE } from '../core/pool/metrics.js';

const PERIOD_MINUTES = 5;

export const period = (minutes: number = PERIOD_MINUTES): Duration => Duration.minutes(minutes);

export const visible = (queue: Queue): Metric =>
  queue.metricApproximateNumberOfMessagesVisible({ period: period(), statistic: Stats.MAXIMUM, label: 'waiting' });

export const inFlight = (queue: Queue): Metric =>
  queue.metricApproximateNumberOfMessagesNotVisible({ period: period(), statistic: Stats.MAXIMUM, label: 'in flight' });

/** A message is deleted once its batch has an outcome (R1). */
export const committed = (queue: Queue): Metric =>
  queue.metricNumberOfMessagesDeleted({ period: period(), statistic: Stats.SUM, label: 'committed' });

/** The value is 1 while work is left and none of it is committed. */
export const stalled = (queue: Queue): MathExpression =>
  new MathExpression({
    expression: 'IF(FILL(waiting, 0) + FILL(held, 0) > 0 AND FILL(committed, 0) < 1, 1, 0)',
    usingMetrics: { waiting: visible(queue), held: inFlight(queue), committed: committed(queue) },
    period: period(),
    label: 'work is left and none is committed',
  });

/** The value is 1 when the switch fired while work was left. Without work left, it fired as intended: a laptop was closed after the last job. */
export const firedAtWork = (queue: Queue, groupName: string): MathExpression =>
  new MathExpression({
    expression: 'IF(FILL(fired, 0) > 0 AND FILL(waiting, 0) + FILL(held, 0) > 0, 1, 0)',
    usingMetrics: {
      waiting: visible(queue),
      held: inFlight(queue),
      fired: ofSwitch('InvocationAttemptCount', groupName),
    },
    period: period(),
    label: 'the switch fired while work was left',
  });

/** https://docs.aws.amazon.com/scheduler/latest/UserGuide/monitoring-cloudwatch.html */
export const ofSwitch = (metricName: string, groupName: string): Metric =>
  new Metric({
    namespace: 'AWS/Scheduler',
    metricName,
    dimensionsMap: { ScheduleGroup: groupName },
    period: period(),
    statistic: Stats.SUM,
  });

export const ofPool = (metricName: string, name: string, statistic: string = Stats.MAXIMUM): Metric =>
  new Metric({
    namespace: METRICS_NAMESPACE,
    metricName,
    dimensionsMap: { [METRICS_DIMENSION]: name },
    period: period(1),
    statistic,
  });

/**
 * The controller as a Lambda function: the same passes as the CLI's, each minute, and at once when AWS takes an instance. Several at once are safe by the
 * generations of R6, so that no concurrency is reserved (which fails in new accounts); the next pass makes good one that is missed, so nothing is retried.
 */
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, type Code, Function as LambdaCode, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import type { Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { attentionPrefix, jobsPrefix, reclaimedKey } from '../core/contract/keys.js';
import { type ControllerFields, environmentOf } from '../core/contract/stack-fields.js';
import { permit, type Permission } from './permissions.js';
import { type SteeringMeans, steeringPermissions } from './steering-permissions.js';

/** Enough CPU (it grows with memory) that folding ten thousand outcomes fits a pass. */
const MEMORY_MIB = 512;
/** A pass is seconds; one that hangs must not pile up. */
const TIMEOUT_MINUTES = 2;
/** The least that EventBridge and Lambda take: an older wish for a pass is worth nothing, the next comes within a minute. */
const MAX_EVENT_AGE_SECONDS = 60;

export interface ControllerProps extends SteeringMeans {
  /** The function's environment; the region is in every Lambda function's own. */
  readonly fields: ControllerFields;
  readonly code: Code;
  readonly topic: Topic;
}

export class Controller extends Construct {
  readonly function: LambdaCode;

  constructor(scope: Construct, id: string, props: ControllerProps) {
    super(scope, id);
    const logGroup = new LogGroup(this, 'Logs', {
      retention: RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      description: 'spotpool: what the controller may do',
    });
    permit(role, [...steeringPermissions(props), ...telling(logGroup, props)]);
    this.function = new LambdaCode(this, 'Function', {
      description: 'spotpool: observes jobs and fleet, sets the target, ends jobs',
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      code: props.code,
      handler: 'index.handler',
      role,
      logGroup,
      memorySize: MEMORY_MIB,
      timeout: Duration.minutes(TIMEOUT_MINUTES),
      retryAttempts: 0,
      maxEventAge: Duration.seconds(MAX_EVENT_AGE_SECONDS),
      environment: environmentOf(props.fields),
    });
    this.#eachMinute();
    this.#atOnce();
  }

  #eachMinute(): void {
    const role = new Role(this, 'ScheduleRole', {
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com'),
      description: 'spotpool: wakes the controller',
    });
    permit(role, [
      {
        sid: 'WakeTheController',
        why: 'The schedule invokes this function, and nothing else.',
        actions: ['lambda:InvokeFunction'],
        resources: [this.function.functionArn],
      },
    ]);
    new CfnSchedule(this, 'EachMinute', {
      description: 'spotpool: a pass of the controller each minute',
      scheduleExpression: 'rate(1 minute)',
      flexibleTimeWindow: { mode: 'OFF' },
      target: {
        arn: this.function.functionArn,
        roleArn: role.roleArn,
        retryPolicy: { maximumRetryAttempts: 0, maximumEventAgeInSeconds: MAX_EVENT_AGE_SECONDS },
      },
    });
  }

  /** Of any instance of the account: no rule can tell whose it is, and a pass too many costs nothing. */
  #atOnce(): void {
    for (const [id, detailType] of [
      ['Interruption', 'EC2 Spot Instance Interruption Warning'],
      ['Rebalance', 'EC2 Instance Rebalance Recommendation'],
    ] as const) {
      new Rule(this, id, {
        description: `spotpool: a pass of the controller on "${detailType}"`,
        eventPattern: { source: ['aws.ec2'], detailType: [detailType] },
        targets: [
          new LambdaFunction(this.function, {
            retryAttempts: 0,
            maxEventAge: Duration.seconds(MAX_EVENT_AGE_SECONDS),
          }),
        ],
      });
    }
  }
}

function telling({ logGroupArn }: LogGroup, { store, topic }: ControllerProps): readonly Permission[] {
  return [
    {
      sid: 'WriteItsLog',
      why: 'The streams of its own log group, which Lambda names.',
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      resources: [logGroupArn],
    },
    {
      sid: 'TellPeople',
      why: 'A job that ended, or what needs a person, is told once.',
      actions: ['sns:Publish'],
      resources: [topic.topicArn],
    },
    {
      sid: 'RememberWhatWasTold',
      why: 'A claim on each notice, of any job, so that several controllers tell it once.',
      actions: ['s3:PutObject'],
      resources: [`${jobsPrefix}*/notified.json`, `${attentionPrefix}*`].map((key) => store.bucket.arnForObjects(key)),
    },
    {
      sid: 'CountReclaimsOnce',
      why: 'A mark for each instance that AWS took, of any id, so that several controllers count it once in the metrics.',
      actions: ['s3:PutObject'],
      resources: [store.bucket.arnForObjects(reclaimedKey('*'))],
    },
  ];
}

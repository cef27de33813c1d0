/**
 * The controller as a Lambda function. It runs the same passes as the CLI, each minute, and at once when AWS announces a reclaim. The generations of R6 make
 * several passes at once safe, so no concurrency is reserved, which would fail in new accounts. A mark in the bucket makes a notice end at once when another
 * function is at work (core/contract/controller-mark.ts). The next pass repairs a missed one, so nothing is retried.
 */
import { Aws, Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, type Code, Function as LambdaCode, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import type { Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { attentionPrefix, controllerMarkKey, jobsPrefix, pricesKey, reclaimedKey } from '../core/contract/keys.js';
import { type ControllerFields, environmentOf } from '../core/contract/stack-fields.js';
import { permit, type Permission } from './permissions.js';
import { type ControlProps, controllerPermissions } from './controller-permissions.js';

/** Lambda gives more CPU with more memory. With this much, a pass can fold ten thousand outcomes. */
const MEMORY_MIB = 512;
/** A pass takes seconds, and a pass that hangs must not delay others. */
const TIMEOUT_MINUTES = 2;
/** EventBridge and Lambda accept no less. An older event is worth nothing, because the next pass comes within a minute. */
const MAX_EVENT_AGE_SECONDS = 60;

export interface ControllerProps extends ControlProps {
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
    permit(role, [...controllerPermissions(props), ...loggingAndNotices(logGroup, props), ...posting(props)]);
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
        why: 'The schedule invokes this function and nothing else.',
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

  /** The rules match any instance of the account, because the events do not name the pool. An unneeded pass costs nothing. */
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

function loggingAndNotices({ logGroupArn }: LogGroup, { store, topic }: ControllerProps): readonly Permission[] {
  return [
    {
      sid: 'WriteItsLog',
      why: 'The function writes to the streams of its own log group, which Lambda names.',
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      resources: [logGroupArn],
    },
    {
      sid: 'TellPeople',
      why: 'The controller reports once that a job has ended or needs a person.',
      actions: ['sns:Publish'],
      resources: [topic.topicArn],
    },
    {
      sid: 'RememberWhatWasTold',
      why: 'A mark for each notice of any job makes several controllers report it once.',
      actions: ['s3:PutObject'],
      resources: [`${jobsPrefix}*/notified.json`, `${attentionPrefix}*`].map((key) => store.bucket.arnForObjects(key)),
    },
    {
      sid: 'SayWhoIsAtWork',
      why: 'A function marks that it is at work, so that many notices at once start one controller.',
      actions: ['s3:PutObject'],
      resources: [store.bucket.arnForObjects(controllerMarkKey)],
    },
    {
      sid: 'CountReclaimsOnce',
      why: 'A mark for each reclaimed instance makes several controllers count it once in the metrics.',
      actions: ['s3:PutObject'],
      resources: [store.bucket.arnForObjects(reclaimedKey('*'))],
    },
  ];
}

/** The function is in no VPC, so it reaches any address. */
function posting({ fields: { notifySecretArn }, store }: ControllerProps): readonly Permission[] {
  if (notifySecretArn === undefined) return [];
  return [
    {
      sid: 'ReadTheAddressToNotify',
      why: 'The owner of the pool named this secret for the address to which the controller posts.',
      actions: ['secretsmanager:GetSecretValue'],
      resources: [notifySecretArn],
    },
    {
      sid: 'SeePricesToTell',
      why: 'A notification says what the job cost. IAM supports no resources for prices.',
      actions: ['ec2:DescribeSpotPriceHistory'],
      resources: ['*'],
      conditions: { StringEquals: { 'aws:RequestedRegion': Aws.REGION } },
    },
    {
      sid: 'KeepPricesOfEnds',
      why: 'Whoever tells first what a job cost keeps the prices of its end, for any job.',
      actions: ['s3:PutObject'],
      resources: [store.bucket.arnForObjects(pricesKey('*'))],
    },
  ];
}

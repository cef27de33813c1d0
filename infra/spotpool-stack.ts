import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { SpotPoolProps } from './props.js';
import { SpotPool } from './spot-pool.js';

/** The stack that `cdk deploy` makes; its outputs are what the CLI reads from `cdk-outputs.json`. */
export class SpotPoolStack extends Stack {
  readonly pool: SpotPool;

  constructor(scope: Construct, id: string, props: SpotPoolProps = {}, stackProps: StackProps = {}) {
    super(scope, id, stackProps);
    this.pool = new SpotPool(this, 'Pool', props);
    for (const [name, value] of Object.entries(outputs(this.region, this.pool))) new CfnOutput(this, name, { value });
  }
}

function outputs(region: string, pool: SpotPool): Readonly<Record<string, string>> {
  const { settings, store, deadMan, controller } = pool;
  return {
    Name: settings.name,
    Region: region,
    QueueUrl: store.queue.queueUrl,
    DeadLetterQueueUrl: store.deadLetterQueue.queueUrl,
    Bucket: store.bucket.bucketName,
    FleetId: pool.fleetId,
    MaxWorkers: String(settings.maxWorkers),
    Architecture: settings.architecture,
    Isolated: String(settings.isolated),
    // Something of the stack's own raises and lowers the fleet, also when no command follows a job.
    Controlled: String(controller !== undefined),
    ...(controller === undefined ? {} : { ControllerFunction: controller.function.functionName }),
    SchedulerGroupName: deadMan.groupName,
    SchedulerRoleArn: deadMan.role.roleArn,
    TopicArn: pool.topic.topicArn,
    UserPolicyArn: pool.userPolicy.policyArn,
  };
}

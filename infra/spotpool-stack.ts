import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { JobStore } from './job-store.js';

/** The stack that `cdk deploy` makes; its outputs are what the CLI reads from `cdk-outputs.json`. */
export class SpotPoolStack extends Stack {
  readonly store: JobStore;

  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);
    this.store = new JobStore(this, 'Store');
    new CfnOutput(this, 'Region', { value: this.region });
    new CfnOutput(this, 'QueueUrl', { value: this.store.queue.queueUrl });
    new CfnOutput(this, 'DeadLetterQueueUrl', { value: this.store.deadLetterQueue.queueUrl });
    new CfnOutput(this, 'Bucket', { value: this.store.bucket.bucketName });
  }
}

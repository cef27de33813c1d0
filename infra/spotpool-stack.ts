import { Aws, CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { SpotPoolProps } from './props.js';
import { SpotPool } from './spot-pool.js';

/** The stack that `cdk deploy` makes. */
export class SpotPoolStack extends Stack {
  constructor(scope: Construct, id: string, props: SpotPoolProps = {}, stackProps: StackProps = {}) {
    super(scope, id, stackProps);
    const pool = new SpotPool(this, 'Pool', props);
    // For `spotpool teardown`, which deletes no stack that holds anything else: only this one says its id.
    const outputs = { ...pool.outputs(), StackId: Aws.STACK_ID };
    for (const [name, value] of Object.entries(outputs)) new CfnOutput(this, name, { value });
  }
}

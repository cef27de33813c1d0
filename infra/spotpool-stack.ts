import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { SpotPoolProps } from './props.js';
import { SpotPool } from './spot-pool.js';

/** The stack that `cdk deploy` makes. */
export class SpotPoolStack extends Stack {
  constructor(scope: Construct, id: string, props: SpotPoolProps = {}, stackProps: StackProps = {}) {
    super(scope, id, stackProps);
    const pool = new SpotPool(this, 'Pool', props);
    for (const [name, value] of Object.entries(pool.outputs())) new CfnOutput(this, name, { value });
  }
}

import { Aws, CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { outputsOf } from '../core/contract/stack-fields.js';
import type { SpotPoolProps } from './props.js';
import { SpotPool } from './spot-pool.js';

/** The stack that `cdk deploy` makes. */
export class SpotPoolStack extends Stack {
  constructor(scope: Construct, id: string, props: SpotPoolProps = {}, stackProps: StackProps = {}) {
    super(scope, id, stackProps);
    const pool = new SpotPool(this, 'Pool', props);
    // `spotpool teardown` deletes only a stack that names its id, because such a stack holds this pool and nothing else.
    const outputs = { ...pool.outputs(), ...outputsOf({ stackId: Aws.STACK_ID }) };
    for (const [name, value] of Object.entries(outputs)) new CfnOutput(this, name, { value });
  }
}

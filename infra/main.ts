/** The CDK app (`cdk synth`, `cdk deploy`): only wires. */
import { Annotations, App } from 'aws-cdk-lib';
import { readContext } from './context.js';
import { SpotPoolStack } from './spotpool-stack.js';

const app = new App({ analyticsReporting: false });
const { stackName, props, problems } = readContext((key) => app.node.tryGetContext(key));
const stack = new SpotPoolStack(app, stackName, props, {
  description: 'spotpool: one model over a large dataset on Spot capacity',
});
for (const problem of problems) Annotations.of(stack).addError(problem);

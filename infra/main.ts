/** The CDK app (`cdk synth`, `cdk deploy`): only wires. */
import { App } from 'aws-cdk-lib';
import { SpotPoolStack } from './spotpool-stack.js';

const app = new App();
new SpotPoolStack(app, 'Spotpool', { description: 'spotpool: one model over a large dataset on Spot capacity' });

import { Validations } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks } from 'cdk-nag';
import { describe, expect, it } from 'vitest';
import { makeApp, makeStack } from './synth.js';

/** The name of an asset is the digest of a fixture. Nothing else differs between machines. */
const withoutDigests = (json: string): string => json.replaceAll(/[0-9a-f]{64}\.zip/g, '<asset>.zip');

describe.each([
  { controller: 'lambda', reviewed: 'spotpool.template.json' },
  { controller: 'cli', reviewed: 'spotpool-cli.template.json' },
] as const)('the template of a pool that $controller controls', ({ controller, reviewed }) => {
  const app = makeApp();
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  const stack = makeStack({ controller }, app);

  it('passes the AwsSolutions rules of cdk-nag, and explains every exception', () => {
    // A broken rule makes the synth throw, with its name.
    expect(() => app.synth()).not.toThrow();
  });

  it('has no custom resource, which would be a Lambda function, and needs an asset for the controller alone', () => {
    const template = Template.fromStack(stack).toJSON() as { Resources: Record<string, { Type: string }> };
    const types = Object.values(template.Resources).map(({ Type }) => Type);
    expect(types.filter((type) => type.startsWith('Custom::') || type.includes('CustomResource'))).toEqual([]);
    expect(types.filter((type) => type === 'AWS::Lambda::Function')).toHaveLength(controller === 'lambda' ? 1 : 0);
  });

  it('is the one that was reviewed (update it with: npx vitest run test/infra -u)', async () => {
    const template = JSON.stringify(Template.fromStack(stack).toJSON(), undefined, 2);
    await expect(withoutDigests(`${template}\n`)).toMatchFileSnapshot(reviewed);
  });
});

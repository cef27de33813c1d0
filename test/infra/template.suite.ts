import { Validations } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks } from 'cdk-nag';
import { describe, expect, it } from 'vitest';
import { makeApp, makeStack } from './synth.js';

/** An asset's name is the digest of a fixture; nothing else differs between machines. */
const withoutDigests = (json: string): string => json.replaceAll(/[0-9a-f]{64}\.zip/g, '<asset>.zip');

describe('the template', () => {
  const app = makeApp();
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  const stack = makeStack({}, app);

  it('passes the AwsSolutions rules of cdk-nag, every exception being explained', () => {
    // A rule that is broken makes the synth throw, with what is broken.
    expect(() => app.synth()).not.toThrow();
  });

  it('is the one that was reviewed (update it with: npx vitest run test/infra -u)', async () => {
    const template = JSON.stringify(Template.fromStack(stack).toJSON(), undefined, 2);
    await expect(withoutDigests(`${template}\n`)).toMatchFileSnapshot('spotpool.template.json');
  });
});

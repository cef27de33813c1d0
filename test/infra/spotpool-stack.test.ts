import { App } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import { SpotPoolStack } from '../../infra/spotpool-stack.js';

describe('the stack', () => {
  let template: Template;
  beforeAll(() => {
    template = Template.fromStack(new SpotPoolStack(new App(), 'Test', { controller: 'cli' }));
  });

  it('gives a message a thousand receives, since reclaims are no attempts', () => {
    template.hasResourceProperties('AWS::SQS::Queue', { RedrivePolicy: Match.objectLike({ maxReceiveCount: 1000 }) });
  });

  it('keeps dead letters a day longer than messages, because their age counts from the first send', () => {
    const day = 86_400;
    template.hasResourceProperties('AWS::SQS::Queue', {
      MessageRetentionPeriod: 13 * day,
      RedrivePolicy: Match.anyValue(),
    });
    template.hasResourceProperties('AWS::SQS::Queue', {
      MessageRetentionPeriod: 14 * day,
      RedrivePolicy: Match.absent(),
    });
  });

  it('keeps the results when the stack is deleted', () => {
    template.hasResource('AWS::S3::Bucket', { DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
  });

  it('refuses whoever does not use TLS, on both queues and the bucket', () => {
    const denies = Match.objectLike({
      PolicyDocument: Match.objectLike({
        Statement: Match.arrayWith([
          Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
        ]),
      }),
    });
    expect(Object.keys(template.findResources('AWS::SQS::QueuePolicy', { Properties: denies }))).toHaveLength(2);
    expect(Object.keys(template.findResources('AWS::S3::BucketPolicy', { Properties: denies }))).toHaveLength(1);
  });

  it('has no custom resource and so no Lambda of one', () => {
    template.resourceCountIs('AWS::Lambda::Function', 0);
  });
});

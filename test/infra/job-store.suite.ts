import { Match, type Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import { synth } from './synth.js';

describe('the job store', () => {
  let template: Template;
  beforeAll(() => {
    template = synth({ controller: 'cli' });
  });

  it('allows a thousand receives of a message, because reclaims are not attempts', () => {
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

  it('refuses requests without TLS, on both queues and the bucket', () => {
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

  it('lets nobody overwrite an outcome: it denies a put without If-None-Match, except for the start and the parts of an upload', () => {
    template.hasResourceProperties('AWS::S3::BucketPolicy', {
      PolicyDocument: Match.objectLike({
        Statement: Match.arrayWith([
          {
            Sid: 'OutcomesAreWrittenOnce',
            Effect: 'Deny',
            Principal: { AWS: '*' },
            Action: 's3:PutObject',
            Resource: { 'Fn::Join': ['', [Match.anyValue(), '/jobs/*/results/*']] },
            Condition: { Null: { 's3:if-none-match': 'true' }, Bool: { 's3:ObjectCreationOperation': 'true' } },
          },
        ]),
      }),
    });
  });

  it('is private and encrypted', () => {
    template.hasResourceProperties('AWS::S3::Bucket', {
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      BucketEncryption: Match.anyValue(),
      OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
    });
    template.allResourcesProperties('AWS::SQS::Queue', { SqsManagedSseEnabled: true });
  });

  it('deletes objects that nobody needs any more, but no outcome', () => {
    const rules = Object.values(template.findResources('AWS::S3::Bucket')).map(
      (bucket) =>
        (bucket as { Properties: { LifecycleConfiguration: { Rules: Record<string, unknown>[] } } }).Properties
          .LifecycleConfiguration.Rules,
    )[0];
    expect(rules).toEqual([
      {
        Id: 'IncompleteUploads',
        Status: 'Enabled',
        AbortIncompleteMultipartUpload: { DaysAfterInitiation: 3 },
      },
      {
        Id: 'OldVersions',
        Status: 'Enabled',
        NoncurrentVersionExpiration: { NoncurrentDays: 7 },
        ExpiredObjectDeleteMarker: true,
      },
      {
        Id: 'PartialsAndEvents',
        Status: 'Enabled',
        Prefix: 'jobs/',
        TagFilters: [{ Key: 'spotpool:life', Value: 'short' }],
        ExpirationInDays: 30,
      },
      { Id: 'ExitTickets', Status: 'Enabled', Prefix: 'fleet/exits/', ExpirationInDays: 30 },
      { Id: 'Instances', Status: 'Enabled', Prefix: 'fleet/instances/', ExpirationInDays: 90 },
      {
        Id: 'Statuses',
        Status: 'Enabled',
        Prefix: 'fleet/status/',
        ExpirationInDays: 1,
        NoncurrentVersionExpiration: { NoncurrentDays: 1 },
      },
      { Id: 'Attention', Status: 'Enabled', Prefix: 'fleet/attention/', ExpirationInDays: 90 },
    ]);
  });
});

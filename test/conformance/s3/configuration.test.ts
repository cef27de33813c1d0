// https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html · about-object-ownership.html · API_PutBucketPolicy.html
import {
  DeleteBucketLifecycleCommand,
  DeleteBucketPolicyCommand,
  DeleteObjectTaggingCommand,
  DeletePublicAccessBlockCommand,
  GetBucketAclCommand,
  GetBucketCorsCommand,
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketOwnershipControlsCommand,
  GetBucketPolicyCommand,
  GetBucketReplicationCommand,
  GetBucketTaggingCommand,
  GetBucketVersioningCommand,
  GetBucketWebsiteCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  GetPublicAccessBlockCommand,
  PutBucketCorsCommand,
  PutBucketEncryptionCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketPolicyCommand,
  PutBucketTaggingCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  PutPublicAccessBlockCommand,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { conformanceBucket } from './bucket.js';
import { errorOf } from '../../support/error-of.js';

const target = conformanceBucket();
const object = () => ({ Bucket: target().bucket, Key: 'object' });

describe('Tags of objects', () => {
  it('are set with a put or after it, counted, returned and deleted', async () => {
    await target().send(new PutObjectCommand({ ...object(), Body: 'x', Tagging: 'a=1&b=two%20words' }));
    const first = await target().send(new GetObjectTaggingCommand(object()));
    expect(first.TagSet).toEqual([
      { Key: 'a', Value: '1' },
      { Key: 'b', Value: 'two words' },
    ]);
    expect((await target().send(new GetObjectCommand(object()))).TagCount).toBe(2);
    const TagSet = [{ Key: 'c', Value: '' }];
    await target().send(new PutObjectTaggingCommand({ ...object(), Tagging: { TagSet } }));
    expect((await target().send(new GetObjectTaggingCommand(object()))).TagSet).toEqual(TagSet);
    await target().send(new DeleteObjectTaggingCommand(object()));
    expect((await target().send(new GetObjectTaggingCommand(object()))).TagSet).toEqual([]);
  });

  it('are at most ten, each once', async () => {
    const eleven = Array.from({ length: 11 }, (_, index) => ({ Key: `k${index}`, Value: 'v' }));
    const twice = [eleven[0], eleven[0]].flatMap((tag) => tag ?? []);
    for (const [TagSet, code] of [[eleven, 'BadRequest'] as const, [twice, 'InvalidTag'] as const]) {
      const refused = await errorOf(target().send(new PutObjectTaggingCommand({ ...object(), Tagging: { TagSet } })));
      expect(refused).toMatchObject({ code, status: 400 });
    }
  });

  it.each([
    [{ Key: 'aws:mine', Value: 'v' }],
    [{ Key: 'a&b', Value: 'v' }],
    [{ Key: 'k'.repeat(129), Value: 'v' }],
    [{ Key: 'k', Value: 'v'.repeat(257) }],
  ])('are refused when they are invalid: %j', async (tag) => {
    const refused = await errorOf(
      target().send(new PutObjectTaggingCommand({ ...object(), Tagging: { TagSet: [tag] } })),
    );
    expect(refused).toMatchObject({ code: 'InvalidTag', status: 400 });
  });
});

describe('Configuration of buckets', () => {
  it('is absent at first as on AWS', async () => {
    const absent = [
      [new GetBucketLifecycleConfigurationCommand({ Bucket: target().bucket }), 'NoSuchLifecycleConfiguration'],
      [new GetBucketPolicyCommand({ Bucket: target().bucket }), 'NoSuchBucketPolicy'],
      [new GetBucketCorsCommand({ Bucket: target().bucket }), 'NoSuchCORSConfiguration'],
      [new GetBucketWebsiteCommand({ Bucket: target().bucket }), 'NoSuchWebsiteConfiguration'],
      [new GetBucketReplicationCommand({ Bucket: target().bucket }), 'ReplicationConfigurationNotFoundError'],
      [new GetBucketTaggingCommand({ Bucket: target().bucket }), 'NoSuchTagSet'],
    ] as const;
    for (const [command, code] of absent) {
      expect(await errorOf(target().send(command as GetBucketPolicyCommand))).toMatchObject({ code, status: 404 });
    }
    expect((await target().send(new GetBucketVersioningCommand({ Bucket: target().bucket }))).Status).toBeUndefined();
    const { ServerSideEncryptionConfiguration } = await target().send(
      new GetBucketEncryptionCommand({ Bucket: target().bucket }),
    );
    const rule = ServerSideEncryptionConfiguration?.Rules?.[0]?.ApplyServerSideEncryptionByDefault;
    expect(rule?.SSEAlgorithm).toBe('AES256');
  });

  it('blocks public access and ACLs at first', async () => {
    const Bucket = target().bucket;
    const { PublicAccessBlockConfiguration } = await target().send(new GetPublicAccessBlockCommand({ Bucket }));
    expect(PublicAccessBlockConfiguration).toEqual({
      BlockPublicAcls: true,
      IgnorePublicAcls: true,
      BlockPublicPolicy: true,
      RestrictPublicBuckets: true,
    });
    await target().send(new DeletePublicAccessBlockCommand({ Bucket }));
    expect(await errorOf(target().send(new GetPublicAccessBlockCommand({ Bucket })))).toMatchObject({
      code: 'NoSuchPublicAccessBlockConfiguration',
      status: 404,
    });
    const { OwnershipControls } = await target().send(new GetBucketOwnershipControlsCommand({ Bucket }));
    expect(OwnershipControls?.Rules).toEqual([{ ObjectOwnership: 'BucketOwnerEnforced' }]);
    const { Grants } = await target().send(new GetBucketAclCommand({ Bucket }));
    expect(Grants).toMatchObject([{ Permission: 'FULL_CONTROL' }]);
    const put = (ACL: 'public-read' | 'bucket-owner-full-control') =>
      target().send(new PutObjectCommand({ ...object(), Body: 'x', ACL }));
    expect(await errorOf(put('public-read'))).toMatchObject({ code: 'AccessControlListNotSupported', status: 400 });
    await put('bucket-owner-full-control');
  });

  it('is kept, returned and deleted', async () => {
    await target().send(
      new PutBucketVersioningCommand({ Bucket: target().bucket, VersioningConfiguration: { Status: 'Suspended' } }),
    );
    expect((await target().send(new GetBucketVersioningCommand({ Bucket: target().bucket }))).Status).toBe('Suspended');

    const Rules = [
      {
        ID: 'parts',
        Status: 'Enabled' as const,
        Filter: { Prefix: '' },
        AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
      },
    ];
    await target().send(
      new PutBucketLifecycleConfigurationCommand({ Bucket: target().bucket, LifecycleConfiguration: { Rules } }),
    );
    expect(
      (await target().send(new GetBucketLifecycleConfigurationCommand({ Bucket: target().bucket }))).Rules,
    ).toEqual(Rules);
    await target().send(new DeleteBucketLifecycleCommand({ Bucket: target().bucket }));
    const gone = await errorOf(target().send(new GetBucketLifecycleConfigurationCommand({ Bucket: target().bucket })));
    expect(gone).toMatchObject({ code: 'NoSuchLifecycleConfiguration' });

    const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [] });
    await target().send(new PutBucketPolicyCommand({ Bucket: target().bucket, Policy }));
    expect((await target().send(new GetBucketPolicyCommand({ Bucket: target().bucket }))).Policy).toBe(Policy);
    await target().send(new DeleteBucketPolicyCommand({ Bucket: target().bucket }));
    const malformed = await errorOf(
      target().send(new PutBucketPolicyCommand({ Bucket: target().bucket, Policy: 'no JSON' })),
    );
    expect(malformed).toMatchObject({ code: 'MalformedPolicy', status: 400 });

    const ByDefault = { ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms' as const } };
    const encryption = { Bucket: target().bucket, ServerSideEncryptionConfiguration: { Rules: [ByDefault] } };
    await target().send(new PutBucketEncryptionCommand(encryption));
    expect(await target().send(new GetBucketEncryptionCommand({ Bucket: target().bucket }))).toMatchObject({
      ServerSideEncryptionConfiguration: { Rules: [ByDefault] },
    });

    const PublicAccessBlockConfiguration = { BlockPublicAcls: true, RestrictPublicBuckets: true };
    await target().send(new PutPublicAccessBlockCommand({ Bucket: target().bucket, PublicAccessBlockConfiguration }));
    expect(await target().send(new GetPublicAccessBlockCommand({ Bucket: target().bucket }))).toMatchObject({
      PublicAccessBlockConfiguration,
    });

    const CORSRules = [{ AllowedMethods: ['GET'], AllowedOrigins: ['https://example.com'] }];
    await target().send(new PutBucketCorsCommand({ Bucket: target().bucket, CORSConfiguration: { CORSRules } }));
    expect((await target().send(new GetBucketCorsCommand({ Bucket: target().bucket }))).CORSRules).toEqual(CORSRules);

    const TagSet = [{ Key: 'stack', Value: 'spotpool' }];
    await target().send(new PutBucketTaggingCommand({ Bucket: target().bucket, Tagging: { TagSet } }));
    expect((await target().send(new GetBucketTaggingCommand({ Bucket: target().bucket }))).TagSet).toEqual(TagSet);
  });
});

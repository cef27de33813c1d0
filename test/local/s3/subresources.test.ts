import {
  CreateBucketCommand,
  DeleteBucketLifecycleCommand,
  DeleteBucketPolicyCommand,
  DeleteObjectCommand,
  DeleteObjectTaggingCommand,
  GetBucketAclCommand,
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketPolicyCommand,
  GetBucketTaggingCommand,
  GetBucketVersioningCommand,
  GetObjectAclCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  GetPublicAccessBlockCommand,
  HeadObjectCommand,
  ListObjectVersionsCommand,
  PutBucketEncryptionCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketPolicyCommand,
  PutBucketTaggingCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  PutPublicAccessBlockCommand,
} from '@aws-sdk/client-s3';
import http from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codeOf, rawRequest } from './raw-request.js';
import { BUCKET, errorOf, startS3, type S3Cloud } from './s3-cloud.js';

let cloud: S3Cloud;
beforeAll(async () => {
  cloud = await startS3();
});
afterAll(() => cloud.close());

const send: S3Cloud['client']['send'] = ((command: GetObjectCommand) => cloud.client.send(command)) as never;
const object = { Bucket: BUCKET, Key: 'object' };

describe('what is not served', () => {
  beforeAll(() => send(new PutObjectCommand({ ...object, Body: 'x' })));

  it('is refused as such by its own commands', async () => {
    for (const command of [
      new GetObjectAclCommand(object),
      new GetBucketAclCommand(object),
      new ListObjectVersionsCommand(object),
      new DeleteObjectCommand({ ...object, VersionId: 'v1' }),
      new GetObjectCommand({ ...object, VersionId: 'v1' }),
      new PutObjectCommand({ ...object, Body: 'x', SSECustomerAlgorithm: 'AES256' }),
    ]) {
      expect(await errorOf(send(command as GetObjectCommand))).toMatchObject({ code: 'NotImplemented', status: 501 });
    }
  });

  it.each([
    ['DELETE', `/${BUCKET}/object?legal-hold`],
    ['DELETE', `/${BUCKET}?website`],
    ['PUT', `/${BUCKET}/object?partNumber=1`],
    ['PUT', `/${BUCKET}?replication`],
    ['POST', `/${BUCKET}/object`],
    ['POST', `/${BUCKET}`],
    ['GET', `/${BUCKET}?list-type=3`],
    ['GET', `/${BUCKET}/object?torrent`],
    ['PATCH', `/${BUCKET}/object`],
    ['OPTIONS', `/${BUCKET}/object`],
    ['PUT', '/'],
  ])('%s %s is refused and does nothing else', async (method, path) => {
    const reply = await rawRequest(cloud.port, method, path, { headers: { 'content-length': 0 } });
    expect([reply.status, codeOf(reply)]).toEqual([501, 'NotImplemented']);
    expect(reply.body).toContain(`does not serve ${method}`);
    expect(reply.headers['x-amz-request-id']).toBeDefined();
    await send(new HeadObjectCommand(object));
  });

  it('a path that is no UTF-8 is refused', async () => {
    const reply = await rawRequest(cloud.port, 'GET', `/${BUCKET}/%ff`);
    expect([reply.status, codeOf(reply)]).toEqual([400, 'InvalidURI']);
  });
});

describe('signatures', () => {
  const signature =
    'X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=local%2F20260101%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20260101T000000Z' +
    '&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Signature=abc&x-id=GetObject';

  it('of presigned URLs are accepted, and what their query says as a header counts', async () => {
    const url = `${cloud.endpoint}/${BUCKET}/presigned?${signature}`;
    const put = await fetch(`${url}&x-amz-meta-by=url&X-Amz-Content-Sha256=UNSIGNED-PAYLOAD`, {
      method: 'PUT',
      body: 'x',
    });
    expect(put.status).toBe(200);
    const got = await fetch(`${url}&response-content-type=text%2Fcsv`);
    expect(await got.text()).toBe('x');
    expect([got.headers.get('x-amz-meta-by'), got.headers.get('content-type')]).toEqual(['url', 'text/csv']);
    expect((await fetch(url, { method: 'DELETE' })).status).toBe(204);
    expect((await fetch(url)).status).toBe(404);
  });
});

it('a client that waits for 100-continue is told to go on', async () => {
  const body = 'after the wait';
  const headers = { expect: '100-continue', 'content-length': body.length };
  const status = await new Promise((resolve, reject) => {
    const path = `/${BUCKET}/expected`;
    const request = http.request({ port: cloud.port, method: 'PUT', path, headers });
    request.on('continue', () => request.end(body));
    request.on('response', (response) => resolve(response.resume().statusCode));
    request.on('error', reject);
    request.flushHeaders();
  });
  expect(status).toBe(200);
  expect((await rawRequest(cloud.port, 'GET', `/${BUCKET}/expected`)).body).toBe(body);
});

describe('tags of objects', () => {
  it('come with a put or after it, are counted, given back and deleted', async () => {
    await send(new PutObjectCommand({ ...object, Body: 'x', Tagging: 'a=1&b=two%20words' }));
    const first = await send(new GetObjectTaggingCommand(object));
    expect(first.TagSet).toEqual([
      { Key: 'a', Value: '1' },
      { Key: 'b', Value: 'two words' },
    ]);
    expect((await send(new GetObjectCommand(object))).TagCount).toBe(2);
    const TagSet = [{ Key: 'c', Value: '' }];
    await send(new PutObjectTaggingCommand({ ...object, Tagging: { TagSet } }));
    expect((await send(new GetObjectTaggingCommand(object))).TagSet).toEqual(TagSet);
    await send(new DeleteObjectTaggingCommand(object));
    expect((await send(new GetObjectTaggingCommand(object))).TagSet).toEqual([]);
  });

  it('are ten at most, each once', async () => {
    const eleven = Array.from({ length: 11 }, (_, index) => ({ Key: `k${index}`, Value: 'v' }));
    const twice = [eleven[0], eleven[0]].flatMap((tag) => tag ?? []);
    for (const [TagSet, code] of [[eleven, 'BadRequest'] as const, [twice, 'InvalidTag'] as const]) {
      const refused = await errorOf(send(new PutObjectTaggingCommand({ ...object, Tagging: { TagSet } })));
      expect(refused).toMatchObject({ code, status: 400 });
    }
  });
});

describe('the configuration of a bucket', () => {
  const Bucket = 'configured';
  beforeAll(() => send(new CreateBucketCommand({ Bucket })));

  it('is absent at first as on AWS', async () => {
    const absent = [
      [new GetBucketLifecycleConfigurationCommand({ Bucket }), 'NoSuchLifecycleConfiguration'],
      [new GetBucketPolicyCommand({ Bucket }), 'NoSuchBucketPolicy'],
      [new GetPublicAccessBlockCommand({ Bucket }), 'NoSuchPublicAccessBlockConfiguration'],
      [new GetBucketTaggingCommand({ Bucket }), 'NoSuchTagSet'],
    ] as const;
    for (const [command, code] of absent) {
      expect(await errorOf(send(command as GetBucketPolicyCommand))).toMatchObject({ code, status: 404 });
    }
    expect((await send(new GetBucketVersioningCommand({ Bucket }))).Status).toBeUndefined();
    const { ServerSideEncryptionConfiguration } = await send(new GetBucketEncryptionCommand({ Bucket }));
    const rule = ServerSideEncryptionConfiguration?.Rules?.[0]?.ApplyServerSideEncryptionByDefault;
    expect(rule?.SSEAlgorithm).toBe('AES256');
  });

  it('is kept, given back and deleted', async () => {
    await send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Suspended' } }));
    expect((await send(new GetBucketVersioningCommand({ Bucket }))).Status).toBe('Suspended');

    const Rules = [
      {
        ID: 'parts',
        Status: 'Enabled' as const,
        Filter: { Prefix: '' },
        AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
      },
    ];
    await send(new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules } }));
    expect((await send(new GetBucketLifecycleConfigurationCommand({ Bucket }))).Rules).toEqual(Rules);
    await send(new DeleteBucketLifecycleCommand({ Bucket }));
    const gone = await errorOf(send(new GetBucketLifecycleConfigurationCommand({ Bucket })));
    expect(gone).toMatchObject({ code: 'NoSuchLifecycleConfiguration' });

    const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [] });
    await send(new PutBucketPolicyCommand({ Bucket, Policy }));
    expect((await send(new GetBucketPolicyCommand({ Bucket }))).Policy).toBe(Policy);
    await send(new DeleteBucketPolicyCommand({ Bucket }));
    const malformed = await errorOf(send(new PutBucketPolicyCommand({ Bucket, Policy: 'no JSON' })));
    expect(malformed).toMatchObject({ code: 'MalformedPolicy', status: 400 });

    const ByDefault = { ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms' as const } };
    const encryption = { Bucket, ServerSideEncryptionConfiguration: { Rules: [ByDefault] } };
    await send(new PutBucketEncryptionCommand(encryption));
    expect(await send(new GetBucketEncryptionCommand({ Bucket }))).toMatchObject({
      ServerSideEncryptionConfiguration: { Rules: [ByDefault] },
    });

    const PublicAccessBlockConfiguration = { BlockPublicAcls: true, RestrictPublicBuckets: true };
    await send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration }));
    expect(await send(new GetPublicAccessBlockCommand({ Bucket }))).toMatchObject({ PublicAccessBlockConfiguration });

    const TagSet = [{ Key: 'stack', Value: 'spotpool' }];
    await send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet } }));
    expect((await send(new GetBucketTaggingCommand({ Bucket }))).TagSet).toEqual(TagSet);
  });
});

import { CreateFleetCommand, CreateLaunchTemplateCommand, DescribeFleetsCommand, EC2Client } from '@aws-sdk/client-ec2';
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { DeleteScheduleCommand, SchedulerClient } from '@aws-sdk/client-scheduler';
import { CreateQueueCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type LocalCloud, startLocalCloud, type StartOptions } from '../../../local/api.js';
import { basicAuthorization } from '../../../local/http/basic.js';
import { base64 } from '../ec2/support.js';
import { eventually } from '../../support/eventually.js';

/** AWS's own tools read the key of their instance's role in this way. */
const ASK_WITH_THE_ROLE = `#!/bin/sh
token=$(curl -s -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' $AWS_EC2_METADATA_SERVICE_ENDPOINT/latest/api/token)
curl -s -H "X-aws-ec2-metadata-token: $token" $AWS_EC2_METADATA_SERVICE_ENDPOINT/latest/meta-data/iam/security-credentials/worker
exec sleep 1000`;

describe('the log of requests', () => {
  let cloud: LocalCloud;
  let s3: S3Client;
  const clients: { destroy(): void }[] = [];

  beforeEach(async () => {
    cloud = await startLocalCloud({ requestLog: 1_000 });
    s3 = client(S3Client, { forcePathStyle: true });
    await s3.send(new CreateBucketCommand({ Bucket: 'bucket' }));
    cloud.requests.clear();
  });
  afterEach(async () => {
    for (const made of clients.splice(0)) made.destroy();
    await cloud.close();
  });

  function client<Client extends { destroy(): void }>(
    make: new (config: object) => Client,
    more: object = {},
    { endpoint, region, credentials } = cloud,
  ): Client {
    const made = new make({ endpoint, region, credentials, maxAttempts: 1, ...more });
    clients.push(made);
    return made;
  }

  it("lists the calls in order, in each service's words, with their answers", async () => {
    const sqs = client(SQSClient);
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'queue' }));
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'x'.repeat(5_000), DelaySeconds: 1 }));
    await client(EC2Client)
      .send(new DescribeFleetsCommand({ FleetIds: ['fleet-1'] }))
      .catch(() => undefined);
    await client(SchedulerClient)
      .send(new DeleteScheduleCommand({ Name: 'switch', GroupName: 'default' }))
      .catch(() => undefined);
    const told = cloud.requests.list().map(({ at, accessKeyId, headers, ...rest }) => {
      expect(Date.parse(at)).toBeGreaterThan(0);
      expect(accessKeyId).toBe(cloud.credentials.accessKeyId);
      expect(headers).toEqual({});
      return rest;
    });
    expect(told).toEqual([
      { number: 2, service: 'sqs', action: 'CreateQueue', parameters: { QueueName: 'queue' }, status: 200 },
      {
        number: 3,
        service: 'sqs',
        action: 'SendMessage',
        parameters: { QueueUrl, MessageBody: 'x'.repeat(1_024), DelaySeconds: '1' },
        status: 200,
      },
      {
        number: 4,
        service: 'ec2',
        action: 'DescribeFleets',
        parameters: { Action: 'DescribeFleets', Version: '2016-11-15', 'FleetId.1': 'fleet-1' },
        status: 400,
      },
      {
        number: 5,
        service: 'scheduler',
        action: 'DeleteSchedule',
        parameters: expect.objectContaining({ Name: 'switch', groupName: 'default' }) as object,
        status: 404,
      },
    ]);
  });

  it("has an object's bucket and key, and the conditions of a request", async () => {
    const Key = 'jobs/a b/ö.json';
    await s3.send(
      new PutObjectCommand({
        Bucket: 'bucket',
        Key,
        Body: '1',
        IfNoneMatch: '*',
        Tagging: 'life=short',
        Metadata: { a: 'b' },
      }),
    );
    await s3.send(new GetObjectCommand({ Bucket: 'bucket', Key, Range: 'bytes=0-0' }));
    expect(cloud.requests.list()).toMatchObject([
      {
        action: 'PutObject',
        parameters: { Bucket: 'bucket', Key },
        headers: { 'if-none-match': '*', 'x-amz-tagging': 'life=short', 'x-amz-meta-a': 'b' },
      },
      { action: 'GetObject', parameters: { Bucket: 'bucket', Key }, headers: { range: 'bytes=0-0' }, status: 206 },
    ]);
    expect(Object.keys(cloud.requests.list()[0]?.headers ?? {})).toHaveLength(3);
  });

  it('names the instance whose role made the call, and the app id of the SDK', async () => {
    const ec2 = client(EC2Client, { userAgentAppId: 'nightly' });
    const UserData = base64(ASK_WITH_THE_ROLE);
    await ec2.send(
      new CreateLaunchTemplateCommand({
        LaunchTemplateName: 'worker',
        LaunchTemplateData: {
          ImageId: 'ami-1',
          InstanceType: 'c7g.large',
          IamInstanceProfile: { Name: 'worker' },
          UserData,
        },
      }),
    );
    await ec2.send(
      new CreateFleetCommand({
        LaunchTemplateConfigs: [{ LaunchTemplateSpecification: { LaunchTemplateName: 'worker', Version: '1' } }],
        TargetCapacitySpecification: { TotalTargetCapacity: 1, DefaultTargetCapacityType: 'spot' },
      }),
    );
    const [instance] = await cloud.instances.waitFor(1);
    const key = await eventually(() => {
      const {
        AccessKeyId: accessKeyId,
        SecretAccessKey: secretAccessKey,
        Token: sessionToken,
      } = JSON.parse(cloud.instances.console(instance!.id)) as Record<string, string>;
      return { accessKeyId, secretAccessKey, sessionToken };
    });
    await client(S3Client, { credentials: key, forcePathStyle: true }).send(
      new PutObjectCommand({ Bucket: 'bucket', Key: 'k', Body: '1' }),
    );
    const requests = cloud.requests.list();
    expect(requests.map(({ action, app, instance: by }) => ({ action, app, by }))).toEqual([
      { action: 'CreateLaunchTemplate', app: 'nightly', by: undefined },
      { action: 'CreateFleet', app: 'nightly', by: undefined },
      { action: 'PutObject', app: undefined, by: instance!.id },
    ]);
    expect(requests.at(-1)?.accessKeyId).toBe(key.accessKeyId);
  });

  it('can be read and cleared over HTTP, from any language', async () => {
    await s3.send(new PutObjectCommand({ Bucket: 'bucket', Key: 'k', Body: '1' }));
    const headers = { authorization: basicAuthorization(cloud.credentials) };
    const ask = async (method: string) =>
      (await fetch(`${cloud.endpoint}/_local/requests`, { method, headers })).json();
    expect(await ask('GET')).toMatchObject({ requests: [{ action: 'PutObject' }] });
    expect(await ask('DELETE')).toEqual({ requests: [] });
    expect(cloud.requests.list()).toEqual([]);
  });
});

describe('a cloud', () => {
  async function withCloud(options: StartOptions, use: (cloud: LocalCloud, s3: S3Client) => Promise<void>) {
    const cloud = await startLocalCloud(options);
    const { endpoint, region, credentials } = cloud;
    const s3 = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
    try {
      await use(cloud, s3);
    } finally {
      s3.destroy();
      await cloud.close();
    }
  }

  it('keeps as many of the newest requests as configured', () =>
    withCloud({ requestLog: 3 }, async (cloud, s3) => {
      for (let n = 1; n <= 8; n++) await s3.send(new CreateBucketCommand({ Bucket: `bucket-${n}` }));
      expect(cloud.requests.list().map(({ number }) => number)).toEqual([6, 7, 8]);
    }));

  it('keeps none by default, and explains how to turn the log on', () =>
    withCloud({}, async (cloud) => {
      expect(() => cloud.requests.list()).toThrow('requestLog');
      const headers = { authorization: basicAuthorization(cloud.credentials) };
      const answer = await fetch(`${cloud.endpoint}/_local/requests`, { headers });
      expect(answer.status).toBe(404);
      expect(await answer.text()).toContain('--request-log');
    }));

  it('refuses an unbounded log', async () => {
    await expect(startLocalCloud({ requestLog: Infinity })).rejects.toThrow(
      'requestLog must be a whole number up to 100000',
    );
  });
});

/** These tests call every service with the key of an instance's role, through the real SDK. */
import {
  CreateFleetCommand,
  CreateLaunchTemplateCommand,
  DescribeInstancesCommand,
  EC2Client,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateScheduleCommand, ListSchedulesCommand, SchedulerClient } from '@aws-sdk/client-scheduler';
import { CreateQueueCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { createHash, createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalCloud, startLocalCloud } from '../../../local/cloud.js';
import { basicAuthorization } from '../../../local/http/basic.js';
import type { AccessKey } from '../../../local/http/credentials.js';
import { DEFAULT_OPTIONS } from '../../../local/options.js';
import { errorOf } from '../../support/error-of.js';
import { eventually } from '../../support/eventually.js';
import { base64 } from '../ec2/support.js';

let cloud: LocalCloud;
let own: ReturnType<typeof clientsOf>;
let role: ReturnType<typeof clientsOf>;
let instance: { readonly id: string; readonly key: AccessKey };

function clientsOf(credentials: AccessKey) {
  const config = { endpoint: cloud.endpoint, region: cloud.region, credentials, maxAttempts: 1 };
  return {
    ec2: new EC2Client(config),
    s3: new S3Client({ ...config, forcePathStyle: true }),
    sqs: new SQSClient(config),
    scheduler: new SchedulerClient(config),
  };
}

beforeAll(async () => {
  cloud = await startLocalCloud(DEFAULT_OPTIONS);
  own = clientsOf(cloud.accessKey);
  const data = {
    ImageId: 'ami-1',
    InstanceType: 'c7g.large' as const,
    IamInstanceProfile: { Name: 'worker' },
    UserData: base64('#!/bin/sh\nexec sleep 1000'),
  };
  await own.ec2.send(new CreateLaunchTemplateCommand({ LaunchTemplateName: 'worker', LaunchTemplateData: data }));
  await own.ec2.send(
    new CreateFleetCommand({
      LaunchTemplateConfigs: [{ LaunchTemplateSpecification: { LaunchTemplateName: 'worker', Version: '1' } }],
      TargetCapacitySpecification: { TotalTargetCapacity: 1, DefaultTargetCapacityType: 'spot' },
    }),
  );
  instance = await eventually(() => {
    const [view] = cloud.compute.instances.all();
    return view?.state !== 'running' || view.roleKey === undefined ? undefined : { id: view.id, key: view.roleKey };
  });
  role = clientsOf(instance.key);
});
afterAll(async () => {
  for (const clients of [own, role]) for (const client of Object.values(clients)) client.destroy();
  await cloud.close();
});

/** No client of the project speaks STS, so the request is signed by hand, as the AWS CLI signs it. */
async function whoAmI({ accessKeyId, secretAccessKey, sessionToken = '' }: AccessKey): Promise<string> {
  const body = 'Action=GetCallerIdentity&Version=2011-06-15';
  const time = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  const scope = `${time.slice(0, 8)}/${cloud.region}/sts/aws4_request`;
  const headers = { host: new URL(cloud.endpoint).host, 'x-amz-date': time, 'x-amz-security-token': sessionToken };
  const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
  const lines = Object.entries(headers).map(([name, value]) => `${name}:${value}`);
  const signed = Object.keys(headers).join(';');
  const canonical = ['POST', '/', '', ...lines, '', signed, sha256(body)].join('\n');
  const key = scope
    .split('/')
    .reduce<string | Buffer>(
      (secret, part) => createHmac('sha256', secret).update(part).digest(),
      `AWS4${secretAccessKey}`,
    );
  const signature = createHmac('sha256', key)
    .update(`AWS4-HMAC-SHA256\n${time}\n${scope}\n${sha256(canonical)}`)
    .digest('hex');
  const authorization = `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${signed}, Signature=${signature}`;
  const answer = await fetch(cloud.endpoint, { method: 'POST', headers: { ...headers, authorization }, body });
  return /<Arn>(.*)<\/Arn>/.exec(await answer.text())?.[1] ?? '';
}

describe("the key of an instance's role", () => {
  it('belongs to a role and not to the owner, according to STS', async () => {
    expect(await whoAmI(instance.key)).toBe(`arn:aws:sts::000000000000:assumed-role/worker/${instance.id}`);
    expect(await whoAmI(cloud.accessKey)).toBe('arn:aws:iam::000000000000:root');
  });

  it('works with queues and objects', async () => {
    const { QueueUrl } = await own.sqs.send(new CreateQueueCommand({ QueueName: 'work' }));
    await own.s3.send(new CreateBucketCommand({ Bucket: 'results' }));
    await role.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: '1' }));
    await role.s3.send(new PutObjectCommand({ Bucket: 'results', Key: 'a', Body: '1' }));
    const presigned = await getSignedUrl(role.s3, new GetObjectCommand({ Bucket: 'results', Key: 'a' }));
    expect(await (await fetch(presigned)).text()).toBe('1');
  });

  it.each([
    [
      'starts no instance',
      'CreateLaunchTemplate',
      () => role.ec2.send(new CreateLaunchTemplateCommand({ LaunchTemplateName: 'mine', LaunchTemplateData: {} })),
    ],
    ['sees no instance', 'DescribeInstances', () => role.ec2.send(new DescribeInstancesCommand({}))],
    [
      'ends no instance, not even its own',
      'TerminateInstances',
      () => role.ec2.send(new TerminateInstancesCommand({ InstanceIds: [instance.id] })),
    ],
    [
      'does not learn by a dry run that it could',
      'DescribeInstances',
      () => role.ec2.send(new DescribeInstancesCommand({ DryRun: true })),
    ],
  ])('%s is refused by EC2, which names the caller and the action', async (_, action, call) => {
    const error = await errorOf(call());
    expect(error).toMatchObject({ name: 'UnauthorizedOperation', $metadata: { httpStatusCode: 403 } });
    expect(error.message).toContain(
      `You are not authorized to perform this operation. User: arn:aws:sts::000000000000:assumed-role/worker/${instance.id} is not authorized to perform: ec2:${action}`,
    );
  });

  it('cannot create a schedule, which would call EC2 in its place', async () => {
    const schedule = new CreateScheduleCommand({
      Name: 'mine',
      ScheduleExpression: 'at(2030-01-01T00:00:00)',
      FlexibleTimeWindow: { Mode: 'OFF' },
      Target: {
        Arn: 'arn:aws:scheduler:::aws-sdk:ec2:modifyFleet',
        RoleArn: 'arn:aws:iam::000000000000:role/r',
        Input: '{}',
      },
    });
    for (const call of [() => role.scheduler.send(schedule), () => role.scheduler.send(new ListSchedulesCommand({}))]) {
      expect(await errorOf(call())).toMatchObject({
        name: 'AccessDeniedException',
        $metadata: { httpStatusCode: 403 },
      });
    }
  });
});

describe('the admin route', () => {
  const statusOf = async (method: string, route: string, authorization?: string): Promise<[number, string]> => {
    const headers = authorization === undefined ? {} : { authorization };
    const response = await fetch(`${cloud.endpoint}/_local/${route}`, { method, headers });
    return [response.status, await response.text()];
  };

  it('reveals nothing and does nothing without the key, not even whether a route exists', async () => {
    const { accessKeyId, secretAccessKey } = cloud.accessKey;
    const wrong = [
      undefined,
      '',
      'Basic',
      'Basic !',
      `Bearer ${secretAccessKey}`,
      basicAuthorization({ accessKeyId, secretAccessKey: `${secretAccessKey}x` }),
      basicAuthorization({ accessKeyId, secretAccessKey: '' }),
      basicAuthorization({ accessKeyId: '', secretAccessKey }),
      basicAuthorization({ accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey }),
    ];
    for (const authorization of wrong) {
      for (const [method, route] of [
        ['GET', 'state'],
        ['GET', 'requests'],
        ['POST', 'reclaim-all'],
        ['POST', 'faults'],
        ['POST', 'shutdown'],
        ['GET', 'nothing'],
      ] as const) {
        const [status, text] = await statusOf(method, route, authorization);
        expect(status, `${authorization ?? 'none'} ${route}`).toBe(401);
        expect(text).toContain('The admin route needs the access key that the local cloud printed when it started');
        expect(text).not.toContain(instance.id);
      }
    }
  });

  it("refuses the key of an instance's role", async () => {
    expect(await statusOf('GET', 'state', basicAuthorization(instance.key))).toEqual([
      403,
      `${JSON.stringify({ error: "The key of an instance's role may not use the admin route." })}\n`,
    ]);
  });

  it('returns the state to a client with the key', async () => {
    const [status, text] = await statusOf('GET', 'state', basicAuthorization(cloud.accessKey));
    expect([status, text]).toEqual([200, expect.stringContaining(instance.id)]);
  });
});

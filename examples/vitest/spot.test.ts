/** Tests of your own code on a local cloud, without mocks, an AWS account or Docker. */
import { CreateFleetCommand, CreateLaunchTemplateCommand, EC2Client } from '@aws-sdk/client-ec2';
import { CreateQueueCommand, ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { type LocalCloud, startLocalCloud } from 'spotpool/local';
import { afterEach, beforeEach, expect, test } from 'vitest';

let cloud: LocalCloud;
let sqs: SQSClient;
let ec2: EC2Client;

// Each test has a local cloud of its own. It starts in milliseconds, and no test sees what another one left.
beforeEach(async () => {
  cloud = await startLocalCloud({ seed: 1 });
  const { endpoint, region, credentials } = cloud;
  sqs = new SQSClient({ endpoint, region, credentials });
  ec2 = new EC2Client({ endpoint, region, credentials });
});
afterEach(async () => {
  sqs.destroy();
  ec2.destroy();
  await cloud.close();
});

test('a message survives an SQS that is down for a moment', async () => {
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'work' }));
  const removeFault = cloud.faults.add({ service: 'sqs', action: 'SendMessage', fault: '503', times: 1 });
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'hello' }));
  expect(cloud.faults.list()).toMatchObject([{ struck: 1 }]);
  removeFault();
  const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl }));
  expect(Messages?.[0]?.Body).toBe('hello');
});

test('a fleet replaces an instance that AWS reclaims without notice', async () => {
  // An instance runs its user data as a real process.
  const userData = '#!/bin/sh\necho "at work"\nexec sleep 1000\n';
  await ec2.send(
    new CreateLaunchTemplateCommand({
      LaunchTemplateName: 'worker',
      LaunchTemplateData: { ImageId: 'ami-1', UserData: Buffer.from(userData).toString('base64') },
    }),
  );
  await ec2.send(
    new CreateFleetCommand({
      Type: 'maintain',
      LaunchTemplateConfigs: [
        {
          LaunchTemplateSpecification: { LaunchTemplateName: 'worker', Version: '$Latest' },
          Overrides: [{ InstanceType: 'c7g.large' }, { InstanceType: 'm7g.large' }],
        },
      ],
      TargetCapacitySpecification: { TotalTargetCapacity: 2, DefaultTargetCapacityType: 'spot' },
    }),
  );
  const [victim, other] = await cloud.instances.waitFor(2);

  cloud.market.reclaim(victim?.id ?? '', { noticeMs: null });

  await cloud.instances.waitFor(1, { state: 'terminated' });
  const replaced = await cloud.instances.waitFor(2);
  expect(replaced.map(({ id }) => id)).toContain(other?.id);
  expect(replaced.map(({ id }) => id)).not.toContain(victim?.id);
});

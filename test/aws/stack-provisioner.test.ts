import {
  CreateFleetCommand,
  CreateLaunchTemplateCommand,
  CreateLaunchTemplateVersionCommand,
  DescribeFleetsCommand,
  DescribeLaunchTemplateVersionsCommand,
  EC2Client,
  EC2ServiceException,
} from '@aws-sdk/client-ec2';
import { BucketAlreadyOwnedByYou, CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  QueueNameExists,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { beforeEach, describe, expect, it } from 'vitest';
import { makeEc2Client, makeS3Client, makeSqsClient } from '../../aws/clients.js';
import { provisionStack, type ProvisionOptions } from '../../aws/stack-provisioner.js';
import { mockedClient } from '../support/mocked-client.js';

const mocks = { sqs: mockedClient(SQSClient), s3: mockedClient(S3Client), ec2: mockedClient(EC2Client) };
const { signal } = new AbortController();
const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
const clientOptions = { region: 'us-east-1', credentials, endpoint: 'http://127.0.0.1:1' };
const options: ProvisionOptions = {
  clients: { sqs: makeSqsClient(clientOptions), s3: makeS3Client(clientOptions), ec2: makeEc2Client(clientOptions) },
  name: 'stack',
  fleet: 'ec2-fleet',
  region: 'us-east-1',
  maxWorkers: 4,
  userData: ({ queueUrl, bucket }) => `#!/bin/sh\necho ${queueUrl} ${bucket}\n`,
  instanceTypes: ['c7g.large', 'm7g.large'],
  zones: ['us-east-1a', 'us-east-1b'],
  endpoint: clientOptions.endpoint,
  credentials,
};
const metadata = { httpStatusCode: 400 };

beforeEach(() => {
  for (const mock of Object.values(mocks)) mock.reset();
  mocks.sqs
    .on(CreateQueueCommand)
    .callsFake(({ QueueName }: { QueueName: string }) => ({ QueueUrl: `http://q/${QueueName}` }));
  mocks.sqs.on(GetQueueAttributesCommand).resolves({ Attributes: { QueueArn: 'arn:dlq' } });
  mocks.s3.on(CreateBucketCommand).resolves({});
  mocks.ec2.on(CreateLaunchTemplateCommand).resolves({});
  mocks.ec2.on(DescribeFleetsCommand).resolves({ Fleets: [] });
  mocks.ec2.on(CreateFleetCommand).resolves({ FleetId: 'fleet-1' });
});

describe('a new stack', () => {
  it('has what the CDK stack has', async () => {
    expect(await provisionStack(options, signal)).toEqual({
      name: 'stack',
      region: 'us-east-1',
      queueUrl: 'http://q/stack-input',
      deadLetterQueueUrl: 'http://q/stack-dead-letters',
      bucket: 'stack-results',
      fleetId: 'fleet-1',
      maxWorkers: 4,
      scheduler: { roleArn: expect.stringMatching(/^arn:aws:iam::/) as string, groupName: 'default' },
      endpoint: 'http://127.0.0.1:1',
      credentials,
    });
    const [deadLetters, input] = mocks.sqs.commandCalls(CreateQueueCommand).map(({ args }) => args[0].input);
    expect(deadLetters?.Attributes).toEqual({ MessageRetentionPeriod: '1209600' });
    expect(input?.Attributes).toEqual({
      MessageRetentionPeriod: '1123200',
      RedrivePolicy: '{"deadLetterTargetArn":"arn:dlq","maxReceiveCount":1000}',
    });
    expect(mocks.ec2.commandCalls(CreateLaunchTemplateCommand)[0]?.args[0].input).toEqual({
      LaunchTemplateName: 'stack-worker',
      LaunchTemplateData: {
        ImageId: expect.stringMatching(/^ami-/) as string,
        UserData: Buffer.from('#!/bin/sh\necho http://q/stack-input stack-results\n').toString('base64'),
        InstanceInitiatedShutdownBehavior: 'terminate',
        MetadataOptions: { HttpTokens: 'required', HttpEndpoint: 'enabled' },
        TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'spotpool:stack', Value: 'stack' }] }],
      },
    });
    const fleet = mocks.ec2.commandCalls(CreateFleetCommand)[0]?.args[0].input;
    expect(fleet).toMatchObject({
      Type: 'maintain',
      ExcessCapacityTerminationPolicy: 'no-termination',
      TargetCapacitySpecification: { TotalTargetCapacity: 0, DefaultTargetCapacityType: 'spot' },
      SpotOptions: { AllocationStrategy: 'price-capacity-optimized' },
    });
    expect(fleet?.LaunchTemplateConfigs?.[0]?.Overrides).toHaveLength(4);
  });

  it('is refused when the boot script is larger than EC2 allows', async () => {
    await expect(provisionStack({ ...options, userData: () => 'x'.repeat(17_000) }, signal)).rejects.toThrow('17000');
  });

  it('names the region of its bucket, except us-east-1', async () => {
    await provisionStack(options, signal);
    await provisionStack({ ...options, region: 'eu-west-1' }, signal);
    const calls = mocks.s3.commandCalls(CreateBucketCommand).map(({ args }) => args[0].input);
    expect(calls[0]?.CreateBucketConfiguration).toBeUndefined();
    expect(calls[1]?.CreateBucketConfiguration).toEqual({ LocationConstraint: 'eu-west-1' });
  });
});

describe('an existing stack', () => {
  it('is found again, with a new version of the launch template', async () => {
    mocks.sqs.on(CreateQueueCommand).rejects(new QueueNameExists({ message: 'exists', $metadata: metadata }));
    mocks.sqs.on(GetQueueUrlCommand).resolves({ QueueUrl: 'http://q/found' });
    mocks.s3.on(CreateBucketCommand).rejects(new BucketAlreadyOwnedByYou({ message: 'yours', $metadata: metadata }));
    mocks.ec2.on(CreateLaunchTemplateCommand).rejects(
      new EC2ServiceException({
        name: 'InvalidLaunchTemplateName.AlreadyExistsException',
        message: 'exists',
        $fault: 'client',
        $metadata: metadata,
      }),
    );
    mocks.ec2.on(DescribeLaunchTemplateVersionsCommand).resolves({
      LaunchTemplateVersions: [{ VersionNumber: 3, LaunchTemplateData: { UserData: 'b3RoZXI=' } }],
    });
    mocks.ec2.on(CreateLaunchTemplateVersionCommand).resolves({ LaunchTemplateVersion: { VersionNumber: 4 } });
    mocks.ec2
      .on(DescribeFleetsCommand)
      .resolvesOnce({
        Fleets: [
          { FleetId: 'fleet-other', FleetState: 'active', Tags: [{ Key: 'spotpool:stack', Value: 'other' }] },
          { FleetId: 'fleet-dead', FleetState: 'deleted', Tags: [{ Key: 'spotpool:stack', Value: 'stack' }] },
        ],
        NextToken: 'more',
      })
      .resolvesOnce({
        Fleets: [{ FleetId: 'fleet-7', FleetState: 'active', Tags: [{ Key: 'spotpool:stack', Value: 'stack' }] }],
      });
    expect(await provisionStack(options, signal)).toMatchObject({ queueUrl: 'http://q/found', fleetId: 'fleet-7' });
    expect(mocks.ec2.commandCalls(CreateFleetCommand)).toHaveLength(0);
    expect(mocks.ec2.commandCalls(CreateLaunchTemplateVersionCommand)).toHaveLength(1);
  });

  it('is not assumed when the lookup is refused', async () => {
    const denied = new EC2ServiceException({
      name: 'UnauthorizedOperation',
      message: 'denied',
      $fault: 'client',
      $metadata: { httpStatusCode: 403 },
    });
    mocks.ec2.on(CreateLaunchTemplateCommand).rejects(denied);
    await expect(provisionStack(options, signal)).rejects.toThrow('denied');
  });
});

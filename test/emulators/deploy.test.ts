/** Checks through the services' APIs what `cdk deploy` created on LocalStack, and what an emulator does not create. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { GetBucketLifecycleConfigurationCommand, GetBucketVersioningCommand } from '@aws-sdk/client-s3';
import { GetScheduleGroupCommand } from '@aws-sdk/client-scheduler';
import { GetTopicAttributesCommand, SNSClient } from '@aws-sdk/client-sns';
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { describe, expect, inject, it } from 'vitest';
import { makeS3Client, makeSchedulerClient, makeSqsClient } from '../../aws/clients.js';
import { runCli } from '../support/cli.js';
import { deployStack, STACK_NAME } from './support/cdk.js';
import { accountOf, clientOptionsOf, emulatorUnderTest, environmentOf } from './support/emulator.js';
import { inventory } from './support/inventory.js';

const emulator = emulatorUnderTest();
const options = clientOptionsOf(emulator);
const { directory, stackFile, deployed } = inject('deployment');

/** Each emulator has tests of its own. The tests of the other one are not defined, rather than skipped. */
const onLocalStack = emulator.name === 'localstack' ? describe : undefined;
const onMoto = emulator.name === 'moto' ? describe : undefined;

onLocalStack?.('cdk deploy on LocalStack', () => {
  const outputs = async (): Promise<Readonly<Record<string, string>>> => {
    const stacks = JSON.parse(await readFile(stackFile, 'utf8')) as Record<string, Record<string, string>>;
    return stacks[STACK_NAME] ?? {};
  };

  it('creates queues, bucket, topic and schedule group as in the template', async () => {
    const { QueueUrl, DeadLetterQueueUrl, Bucket, TopicArn, SchedulerGroup } = await outputs();
    const [sqs, s3, sns] = [makeSqsClient(options), makeS3Client(options), new SNSClient(options)];
    const scheduler = makeSchedulerClient(options);
    const attributes = async (url?: string) =>
      (await sqs.send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['All'] }))).Attributes ?? {};
    const deadLetters = await attributes(DeadLetterQueueUrl);
    const queue = await attributes(QueueUrl);
    expect(JSON.parse(queue['RedrivePolicy'] ?? '')).toEqual({
      deadLetterTargetArn: deadLetters['QueueArn'],
      maxReceiveCount: 1000,
    });
    expect([queue['MessageRetentionPeriod'], deadLetters['MessageRetentionPeriod']]).toEqual(['1123200', '1209600']);
    expect((await s3.send(new GetBucketVersioningCommand({ Bucket }))).Status).toBe('Enabled');
    const topic = await sns.send(new GetTopicAttributesCommand({ TopicArn }));
    expect(topic.Attributes?.['DisplayName']).toBe('spotpool');
    expect((await scheduler.send(new GetScheduleGroupCommand({ Name: SchedulerGroup }))).State).toBe('ACTIVE');
    for (const client of [sqs, s3, sns, scheduler]) client.destroy();
  });

  it('creates the roles and policies in its outputs, and names no controller function', async () => {
    const { SchedulerRoleArn = '', UserPolicyArn = '', Controlled, ControllerFunction, StackId } = await outputs();
    const made = await inventory(emulator);
    expect(made).toContain(`role ${SchedulerRoleArn.split('/').at(-1)}`);
    expect(made).toContain(`policy ${UserPolicyArn.split('/').at(-1)}`);
    expect({ Controlled, ControllerFunction }).toEqual({ Controlled: 'false', ControllerFunction: undefined });
    expect(StackId).toMatch(new RegExp(`^arn:aws:cloudformation:.*:${accountOf(emulator)}:stack/${STACK_NAME}/`));
  });

  it('differs: creates no launch template and no EC2 Fleet, and commands say how to create them', async () => {
    expect((await outputs())['FleetId']).toBe('unknown');
    expect(deployed.filter((name) => /^(launch template|Spot Fleet)/.test(name))).toEqual([]);
    expect(deployed.some((name) => name.startsWith('role '))).toBe(true);
    const status = await runCli(['fleet', '--stack', stackFile], { cwd: directory, env: environmentOf(emulator) });
    expect(status.code).toBe(2);
    expect(status.stderr).toContain('spotpool emulator fleet create');
  });

  it('differs: sets no lifecycle rules on the bucket', async () => {
    const { Bucket } = await outputs();
    const s3 = makeS3Client(options);
    const rules = s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket }));
    await expect(rules).rejects.toThrow(/lifecycle configuration does not exist/);
    s3.destroy();
  });

  it('retains only the bucket', async () => {
    const template = await readFile(path.join(directory, 'cdk.out', `${STACK_NAME}.template.json`), 'utf8');
    const { Resources } = JSON.parse(template) as {
      Resources: Record<string, { Type: string; DeletionPolicy?: string }>;
    };
    const retained = Object.values(Resources).filter(({ DeletionPolicy }) => DeletionPolicy === 'Retain');
    expect(retained.map(({ Type }) => Type)).toEqual(['AWS::S3::Bucket']);
  });
});

onMoto?.('cdk deploy on moto', () => {
  it('differs: CloudFormation refuses the stack, which is made by the SDK instead; the bootstrap before it works', async () => {
    const deploy = deployStack(emulator, directory, path.join(directory, 'none.json'));
    await expect(deploy).rejects.toThrow(/cdk deploy ended with 1: .*The specified bucket does not exist/s);
  });
});

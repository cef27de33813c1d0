import {
  CloudFormationClient,
  CloudFormationServiceException,
  DeleteStackCommand,
  DescribeStacksCommand,
  GetTemplateCommand,
  type StackStatus,
} from '@aws-sdk/client-cloudformation';
import {
  DescribeInstancesCommand,
  EC2Client,
  EC2ServiceException,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { beforeEach, describe, expect, it } from 'vitest';
import { makeCloudFormationClient, makeEc2Client } from '../../aws/clients.js';
import { makeDeployedStack } from '../../aws/deployed-stack.js';
import { makePoolInstances } from '../../aws/pool-instances.js';
import { mockedClient } from '../support/mocked-client.js';

const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
const { signal } = new AbortController();
const metadata = { $fault: 'client', $metadata: { httpStatusCode: 400 } } as const;

describe("a pool's instances", () => {
  const ec2 = mockedClient(EC2Client);
  const instances = makePoolInstances(makeEc2Client({ region: 'us-east-1', credentials }), 'pool');
  beforeEach(() => void ec2.reset());

  it('are found by the tag of the stack alone', async () => {
    ec2.on(DescribeInstancesCommand).resolves({
      Reservations: [{ Instances: [{ InstanceId: 'i-1', State: { Name: 'running' } }] }],
    });
    expect(await instances.list(signal)).toMatchObject([{ instance: 'i-1', state: 'running' }]);
    expect(ec2.commandCalls(DescribeInstancesCommand).map(({ args }) => args[0].input.Filters)).toEqual([
      [{ Name: 'tag:spotpool:stack', Values: ['pool'] }],
    ]);
  });

  it('are ended in groups; a missing one is no error, but a refusal is', async () => {
    ec2.on(TerminateInstancesCommand).resolves({});
    await instances.terminate(
      Array.from({ length: 250 }, (_, index) => `i-${index}`),
      signal,
    );
    const calls = ec2.commandCalls(TerminateInstancesCommand).map(({ args }) => args[0].input.InstanceIds ?? []);
    expect(calls.map(({ length }) => length)).toEqual([100, 100, 50]);
    const refusal = (name: string) => new EC2ServiceException({ name, message: name, ...metadata });
    ec2.on(TerminateInstancesCommand).rejects(refusal('InvalidInstanceID.NotFound'));
    await instances.terminate(['i-1'], signal);
    ec2.on(TerminateInstancesCommand).rejects(refusal('UnauthorizedOperation'));
    await expect(instances.terminate(['i-1'], signal)).rejects.toThrow('UnauthorizedOperation');
  });
});

describe('the deployed stack', () => {
  const cloudFormation = mockedClient(CloudFormationClient);
  const id = 'arn:aws:cloudformation:us-east-1:123456789012:stack/Pool/1';
  const stack = makeDeployedStack(makeCloudFormationClient({ region: 'us-east-1', credentials }), id);
  beforeEach(() => void cloudFormation.reset());

  it.each<[StackStatus, string]>([
    ['CREATE_COMPLETE', 'there'],
    ['UPDATE_ROLLBACK_COMPLETE', 'there'],
    ['UPDATE_IN_PROGRESS', 'busy'],
    ['DELETE_IN_PROGRESS', 'deleting'],
    ['DELETE_FAILED', 'stuck'],
    ['DELETE_COMPLETE', 'deleted'],
  ])('with the CloudFormation status %s is %s', async (StackStatus, state) => {
    cloudFormation.on(DescribeStacksCommand).resolves({
      Stacks: [{ StackName: 'Pool', CreationTime: new Date(0), StackStatus, EnableTerminationProtection: true }],
    });
    expect(await stack.describe(signal)).toMatchObject({ state, isProtected: true });
  });

  it('is deleted by its ARN, so that a later stack of the same name stays', async () => {
    cloudFormation.on(DeleteStackCommand).resolves({});
    await stack.delete(signal);
    expect(cloudFormation.commandCalls(DeleteStackCommand)[0]?.args[0].input).toEqual({ StackName: id });
  });

  it('has the template with which it was deployed', async () => {
    cloudFormation.on(GetTemplateCommand).resolvesOnce({ TemplateBody: '{}' }).resolves({});
    expect(await stack.template(signal)).toBe('{}');
    expect(cloudFormation.commandCalls(GetTemplateCommand)[0]?.args[0].input).toMatchObject({ StackName: id });
    await expect(stack.template(signal)).rejects.toThrow('no template');
  });

  it('counts as deleted when CloudFormation has forgotten it; other errors are thrown', async () => {
    const refusal = (name: string, message: string) =>
      new CloudFormationServiceException({ name, message, ...metadata });
    cloudFormation.on(DescribeStacksCommand).rejects(refusal('ValidationError', `Stack with id ${id} does not exist`));
    expect(await stack.describe(signal)).toEqual({ state: 'deleted', isProtected: false });
    cloudFormation.on(DescribeStacksCommand).rejects(refusal('AccessDenied', 'not authorized'));
    await expect(stack.describe(signal)).rejects.toThrow('not authorized');
  });
});

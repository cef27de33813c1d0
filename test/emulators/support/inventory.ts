/** Lists the contents of an emulator. The difference between a list before a deploy and one after a destroy is what was left over. */
import { CloudFormationClient, ListStacksCommand } from '@aws-sdk/client-cloudformation';
import {
  DescribeInstancesCommand,
  DescribeInternetGatewaysCommand,
  DescribeLaunchTemplatesCommand,
  DescribeRouteTablesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSpotFleetRequestsCommand,
  DescribeSubnetsCommand,
  DescribeVpcEndpointsCommand,
  DescribeVpcsCommand,
  EC2Client,
} from '@aws-sdk/client-ec2';
import { ListBucketsCommand } from '@aws-sdk/client-s3';
import { ListScheduleGroupsCommand, ListSchedulesCommand } from '@aws-sdk/client-scheduler';
import { ListTopicsCommand, SNSClient } from '@aws-sdk/client-sns';
import { ListQueuesCommand } from '@aws-sdk/client-sqs';
import { makeS3Client, makeSchedulerClient, makeSqsClient } from '../../../aws/clients.js';
import { clientOptionsOf, type EmulatorUnderTest } from './emulator.js';

type Names = readonly (string | undefined)[] | undefined;

/** Resolves with a sorted list of texts such as `queue http://…`. */
export async function inventory(emulator: EmulatorUnderTest): Promise<readonly string[]> {
  const kinds: Readonly<Record<string, Names>> = {
    ...(await storesOf(emulator)),
    ...(await networkOf(emulator)),
    ...(await fleetsOf(emulator)),
    ...(await permissionsOf(emulator)),
  };
  return Object.entries(kinds)
    .flatMap(([kind, names]) => (names ?? []).map((name) => `${kind} ${name ?? '?'}`))
    .sort();
}

async function storesOf(emulator: EmulatorUnderTest): Promise<Record<string, Names>> {
  const options = clientOptionsOf(emulator);
  const [sqs, s3, sns] = [makeSqsClient(options), makeS3Client(options), new SNSClient(options)];
  const scheduler = makeSchedulerClient(options);
  try {
    return {
      queue: (await sqs.send(new ListQueuesCommand({}))).QueueUrls,
      bucket: (await s3.send(new ListBucketsCommand({}))).Buckets?.map(({ Name }) => Name),
      topic: (await sns.send(new ListTopicsCommand({}))).Topics?.map(({ TopicArn }) => TopicArn),
      'schedule group': (await scheduler.send(new ListScheduleGroupsCommand({}))).ScheduleGroups?.map(
        ({ Name }) => Name,
      ),
      schedule: (await scheduler.send(new ListSchedulesCommand({}))).Schedules?.map(({ Name }) => Name),
    };
  } finally {
    for (const client of [sqs, s3, sns, scheduler]) client.destroy();
  }
}

async function networkOf(emulator: EmulatorUnderTest): Promise<Record<string, Names>> {
  const ec2 = new EC2Client(clientOptionsOf(emulator));
  try {
    return {
      vpc: (await ec2.send(new DescribeVpcsCommand({}))).Vpcs?.map(({ VpcId }) => VpcId),
      subnet: (await ec2.send(new DescribeSubnetsCommand({}))).Subnets?.map(({ SubnetId }) => SubnetId),
      'security group': (await ec2.send(new DescribeSecurityGroupsCommand({}))).SecurityGroups?.map(
        ({ GroupId }) => GroupId,
      ),
      'route table': (await ec2.send(new DescribeRouteTablesCommand({}))).RouteTables?.map(
        ({ RouteTableId }) => RouteTableId,
      ),
      'internet gateway': (await ec2.send(new DescribeInternetGatewaysCommand({}))).InternetGateways?.map(
        ({ InternetGatewayId }) => InternetGatewayId,
      ),
      // Like an instance, a deleted endpoint is shown for a while.
      'vpc endpoint': (await ec2.send(new DescribeVpcEndpointsCommand({}))).VpcEndpoints?.filter(
        ({ State }) => State?.toLowerCase() !== 'deleted',
      ).map(({ VpcEndpointId }) => VpcEndpointId),
    };
  } finally {
    ec2.destroy();
  }
}

async function fleetsOf(emulator: EmulatorUnderTest): Promise<Record<string, Names>> {
  const ec2 = new EC2Client(clientOptionsOf(emulator));
  try {
    const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({}));
    return {
      'launch template': (await ec2.send(new DescribeLaunchTemplatesCommand({}))).LaunchTemplates?.map(
        ({ LaunchTemplateName }) => LaunchTemplateName,
      ),
      'Spot Fleet': (await ec2.send(new DescribeSpotFleetRequestsCommand({}))).SpotFleetRequestConfigs?.filter(
        ({ SpotFleetRequestState }) => !SpotFleetRequestState?.startsWith('cancelled'),
      ).map(({ SpotFleetRequestId }) => SpotFleetRequestId),
      instance: Reservations.flatMap(({ Instances = [] }) => Instances)
        .filter(({ State }) => State?.Name !== 'terminated')
        .map(({ InstanceId }) => InstanceId),
    };
  } finally {
    ec2.destroy();
  }
}

/** Sends Query requests by hand, because the project has no clients of IAM and CloudWatch. Emulators check no signature. */
async function permissionsOf(emulator: EmulatorUnderTest): Promise<Record<string, Names>> {
  const iam = (parameters: string, tag: string) => query(emulator, 'iam', `${parameters}&Version=2010-05-08`, tag);
  const cloudFormation = new CloudFormationClient(clientOptionsOf(emulator));
  try {
    const { StackSummaries = [] } = await cloudFormation.send(new ListStacksCommand({}));
    return {
      role: await iam('Action=ListRoles', 'RoleName'),
      policy: await iam('Action=ListPolicies&Scope=Local', 'PolicyName'),
      'instance profile': await iam('Action=ListInstanceProfiles', 'InstanceProfileName'),
      alarm: await query(emulator, 'monitoring', 'Action=DescribeAlarms&Version=2010-08-01', 'AlarmName'),
      stack: StackSummaries.filter(({ StackStatus }) => StackStatus !== 'DELETE_COMPLETE').map(
        ({ StackName }) => StackName,
      ),
    };
  } finally {
    cloudFormation.destroy();
  }
}

async function query(
  { endpoint, region, credentials }: EmulatorUnderTest,
  service: string,
  body: string,
  tag: string,
): Promise<readonly string[]> {
  const scope = `${credentials.accessKeyId}/20260101/${region}/${service}/aws4_request`;
  const answer = await fetch(endpoint, {
    method: 'POST',
    body,
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`,
    },
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${service} ${body}: ${answer.status} ${text}`);
  return [...text.matchAll(new RegExp(`<${tag}>([^<]+)</${tag}>`, 'g'))].map(([, name = '']) => name);
}

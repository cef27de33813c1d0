import { DescribeRegionsCommand, DescribeHostsCommand, DescribeInstancesCommand } from '@aws-sdk/client-ec2';
import { expect, test } from 'vitest';
import { createFleet, startTestCloud } from './support.js';
import { errorOf } from '../../support/error-of.js';

/** Sends a request that no SDK would make; the scope of its signature leads it to EC2. */
const raw = (endpoint: string, body: string): Promise<Response> =>
  fetch(endpoint, {
    method: 'POST',
    body,
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      authorization: 'AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/ec2/aws4_request, Signature=0',
    },
  });

test('an action that is not served is an error that names it', async () => {
  const { ec2 } = await startTestCloud();
  const error = await errorOf(ec2.send(new DescribeHostsCommand({})));
  expect(error.name).toBe('InvalidAction');
  expect(error.message).toContain('DescribeHosts');
});

test('property names of every JavaScript object are neither actions nor filters', async () => {
  const cloud = await startTestCloud();
  const response = await raw(cloud.endpoint, 'Action=constructor&Version=2016-11-15');
  expect(response.status).toBe(400);
  expect(await response.text()).toContain('<Code>InvalidAction</Code>');
  const filter = new DescribeInstancesCommand({ Filters: [{ Name: 'constructor', Values: ['x'] }] });
  expect((await errorOf(cloud.ec2.send(filter))).name).toBe('InvalidParameterValue');
});

test('an error has the form of EC2, with the request id of its header', async () => {
  const { endpoint } = await startTestCloud();
  const response = await raw(endpoint, 'Action=TerminateInstances&Version=2016-11-15');
  expect(response.headers.get('content-type')).toContain('text/xml');
  const text = await response.text();
  expect(text).toContain(
    '<Response><Errors><Error><Code>MissingParameter</Code><Message>The request must contain the parameter InstanceId</Message></Error></Errors>',
  );
  expect(text).toContain(`<RequestID>${response.headers.get('x-amzn-requestid')}</RequestID>`);
});

test('a missing action, another version, an endless body, and too deep parameters are refused', async () => {
  const { endpoint } = await startTestCloud();
  const codeOf = async (body: string): Promise<string | undefined> =>
    /<Code>(\w+)<\/Code>/.exec(await (await raw(endpoint, body)).text())?.[1];
  expect(await codeOf('Version=2016-11-15')).toBe('MissingAction');
  expect(await codeOf('Action=DescribeRegions&Version=2012-01-01')).toBe('InvalidParameterValue');
  expect(await codeOf(`Action=DescribeRegions&Version=2016-11-15&X=${'x'.repeat(1024 * 1024)}`)).toBe(
    'RequestEntityTooLarge',
  );
  expect(await codeOf(`Action=DescribeRegions&Version=2016-11-15&${'A.'.repeat(5_000)}B=1`)).toBe(
    'InvalidParameterValue',
  );
});

test('a wrong page token is refused', async () => {
  const cloud = await startTestCloud();
  await createFleet(cloud, { target: 0 });
  const call = cloud.ec2.send(new DescribeInstancesCommand({ NextToken: 'nonsense' }));
  expect((await errorOf(call)).name).toBe('InvalidNextToken');
});

test('another region is refused', async () => {
  const { ec2 } = await startTestCloud();
  const call = ec2.send(new DescribeRegionsCommand({ RegionNames: ['eu-west-1'] }));
  expect((await errorOf(call)).message).toContain('us-east-1');
});

test('an unknown parameter is refused before the action has any effect', async () => {
  const { endpoint, compute } = await startTestCloud();
  const body =
    'Action=CreateLaunchTemplate&Version=2016-11-15&LaunchTemplateName=name&LaunchTemplateData.ImageId=ami-1&Secret=1';
  expect(await (await raw(endpoint, body)).text()).toContain('<Code>UnknownParameter</Code>');
  const nested = body.replace('&Secret=1', '&LaunchTemplateData.Secret=1');
  expect(await (await raw(endpoint, nested)).text()).toContain('LaunchTemplateData.Secret');
  expect(compute.templates.all()).toEqual([]);
});

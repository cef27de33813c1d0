import { GetConsoleOutputCommand, TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import { expect, test } from 'vitest';
import { eventually } from '../../support/eventually.js';
import { createFleet, idOf, running, startTestCloud, terminated } from './support.js';

test("the console shows the instance's output, during its life and after it", async () => {
  const cloud = await startTestCloud();
  await createFleet(cloud, { target: 1, userData: 'echo out; echo err >&2; sleep 1000' });
  const [instance] = await running(cloud, 1);
  const output = async (): Promise<string> => {
    const { Output = '' } = await cloud.ec2.send(new GetConsoleOutputCommand({ InstanceId: idOf(instance) }));
    return Buffer.from(Output, 'base64').toString();
  };
  await eventually(async () => /out/.test(await output()) && /err/.test(await output()));
  await cloud.ec2.send(new TerminateInstancesCommand({ InstanceIds: [idOf(instance)] }));
  await terminated(cloud, 1);
  expect((await output()).split('\n').sort()).toEqual(['', 'err', 'out']);
});

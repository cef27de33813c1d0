import { ModifySpotFleetRequestCommand, RequestSpotFleetCommand } from '@aws-sdk/client-ec2';
import { expect, test } from 'vitest';
import { createTemplate, running, startTestCloud } from './support.js';
import { errorOf } from '../../support/error-of.js';

const ROLE = 'arn:aws:iam::000000000000:role/aws-ec2-spot-fleet-tagging-role';

test('a Spot Fleet that was just requested cannot be modified yet', async () => {
  const cloud = await startTestCloud({ settleMs: 60_000 });
  const template = await createTemplate(cloud, 'true');
  const { SpotFleetRequestId } = await cloud.ec2.send(
    new RequestSpotFleetCommand({
      SpotFleetRequestConfig: {
        IamFleetRole: ROLE,
        TargetCapacity: 0,
        LaunchTemplateConfigs: [{ LaunchTemplateSpecification: { LaunchTemplateId: template, Version: '1' } }],
      },
    }),
  );
  const modify = new ModifySpotFleetRequestCommand({ SpotFleetRequestId, TargetCapacity: 1 });
  expect((await errorOf(cloud.ec2.send(modify))).name).toBe('FleetNotInModifiableState');
});

test('a Spot Fleet’s instances carry the tag that public tools rely on', async () => {
  const cloud = await startTestCloud();
  const template = await createTemplate(cloud, 'sleep 1000');
  const { SpotFleetRequestId } = await cloud.ec2.send(
    new RequestSpotFleetCommand({
      SpotFleetRequestConfig: {
        IamFleetRole: ROLE,
        TargetCapacity: 1,
        LaunchTemplateConfigs: [{ LaunchTemplateSpecification: { LaunchTemplateId: template, Version: '1' } }],
      },
    }),
  );
  const [instance] = await running(cloud, 1);
  expect(instance?.Tags).toContainEqual({ Key: 'aws:ec2spot:fleet-request-id', Value: SpotFleetRequestId });
});

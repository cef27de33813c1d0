import {
  CreateLaunchTemplateCommand,
  CreateLaunchTemplateVersionCommand,
  DeleteLaunchTemplateCommand,
  DescribeLaunchTemplatesCommand,
  DescribeLaunchTemplateVersionsCommand,
  ModifyLaunchTemplateCommand,
} from '@aws-sdk/client-ec2';
import { expect, test } from 'vitest';
import { base64, createTemplate, errorOf, startTestCloud } from './support.js';

test('a launch template is described as it was created', async () => {
  const { ec2 } = await startTestCloud();
  const data = {
    ImageId: 'ami-1',
    UserData: base64('echo <&> "hello"'),
    InstanceInitiatedShutdownBehavior: 'terminate',
    IamInstanceProfile: { Arn: 'arn:aws:iam::000000000000:instance-profile/worker' },
    SecurityGroupIds: ['sg-1', 'sg-2'],
    BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { VolumeSize: 20, DeleteOnTermination: true } }],
    MetadataOptions: { HttpTokens: 'required', HttpPutResponseHopLimit: 2 },
    TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'team', Value: 'chemistry' }] }],
    InstanceRequirements: { VCpuCount: { Min: 2 }, MemoryMiB: { Min: 4096 }, CpuManufacturers: ['intel'] },
  } as const;
  const created = await ec2.send(
    new CreateLaunchTemplateCommand({
      LaunchTemplateName: 'worker',
      VersionDescription: 'the first',
      LaunchTemplateData: { ...data, SecurityGroupIds: [...data.SecurityGroupIds] } as never,
      TagSpecifications: [{ ResourceType: 'launch-template', Tags: [{ Key: 'stack', Value: 's' }] }],
    }),
  );
  expect(created.LaunchTemplate).toMatchObject({ DefaultVersionNumber: 1, LatestVersionNumber: 1 });
  const { LaunchTemplates } = await ec2.send(
    new DescribeLaunchTemplatesCommand({ Filters: [{ Name: 'tag:stack', Values: ['s'] }] }),
  );
  expect(LaunchTemplates).toEqual([created.LaunchTemplate]);
  const versions = await ec2.send(new DescribeLaunchTemplateVersionsCommand({ LaunchTemplateName: 'worker' }));
  expect(versions.LaunchTemplateVersions).toHaveLength(1);
  expect(versions.LaunchTemplateVersions?.[0]).toMatchObject({
    VersionNumber: 1,
    VersionDescription: 'the first',
    DefaultVersion: true,
    LaunchTemplateData: data,
  });
});

test('a new version takes from its source what it does not say itself; the default stays until it is moved', async () => {
  const cloud = await startTestCloud();
  const id = await createTemplate(cloud, 'echo one');
  const { LaunchTemplateVersion } = await cloud.ec2.send(
    new CreateLaunchTemplateVersionCommand({
      LaunchTemplateId: id,
      SourceVersion: '1',
      LaunchTemplateData: { UserData: base64('echo two') },
    }),
  );
  expect(LaunchTemplateVersion).toMatchObject({
    VersionNumber: 2,
    DefaultVersion: false,
    LaunchTemplateData: { ImageId: 'ami-1', UserData: base64('echo two') },
  });
  const versionOf = async (version: string): Promise<number | undefined> => {
    const wanted = new DescribeLaunchTemplateVersionsCommand({ LaunchTemplateId: id, Versions: [version] });
    return (await cloud.ec2.send(wanted)).LaunchTemplateVersions?.[0]?.VersionNumber;
  };
  expect([await versionOf('$Default'), await versionOf('$Latest')]).toEqual([1, 2]);
  await cloud.ec2.send(new ModifyLaunchTemplateCommand({ LaunchTemplateId: id, DefaultVersion: '2' }));
  expect(await versionOf('$Default')).toBe(2);
});

test('a name is taken once, but a retry of the same request gives the same template', async () => {
  const { ec2 } = await startTestCloud();
  const request = { LaunchTemplateName: 'worker', LaunchTemplateData: { ImageId: 'ami-1' }, ClientToken: 'token' };
  const first = await ec2.send(new CreateLaunchTemplateCommand(request));
  const again = await ec2.send(new CreateLaunchTemplateCommand(request));
  expect(again.LaunchTemplate?.LaunchTemplateId).toBe(first.LaunchTemplate?.LaunchTemplateId);
  const other = errorOf(ec2.send(new CreateLaunchTemplateCommand({ ...request, ClientToken: 'other' })));
  const mismatch = errorOf(ec2.send(new CreateLaunchTemplateCommand({ ...request, VersionDescription: 'x' })));
  expect((await mismatch).name).toBe('IdempotentParameterMismatch');
  expect((await other).name).toBe('InvalidLaunchTemplateName.AlreadyExistsException');
});

test('what is not there, or malformed, has the codes of AWS', async () => {
  const cloud = await startTestCloud();
  const { ec2 } = cloud;
  const id = await createTemplate(cloud, 'true');
  const codes = await Promise.all(
    [
      ec2.send(new DescribeLaunchTemplatesCommand({ LaunchTemplateIds: ['lt-0123456789abcdef0'] })),
      ec2.send(new DescribeLaunchTemplatesCommand({ LaunchTemplateIds: ['nonsense'] })),
      ec2.send(new DescribeLaunchTemplatesCommand({ LaunchTemplateNames: ['nobody'] })),
      ec2.send(new DescribeLaunchTemplateVersionsCommand({ LaunchTemplateId: id, Versions: ['7'] })),
      ec2.send(
        new CreateLaunchTemplateCommand({
          LaunchTemplateName: 'other',
          LaunchTemplateData: { UserData: 'not base64!' },
        }),
      ),
      ec2.send(
        new CreateLaunchTemplateCommand({
          LaunchTemplateName: 'large',
          LaunchTemplateData: { UserData: base64('x'.repeat(16_385)) },
        }),
      ),
    ].map(async (call) => (await errorOf(call)).name),
  );
  expect(codes).toEqual([
    'InvalidLaunchTemplateId.NotFound',
    'InvalidLaunchTemplateId.Malformed',
    'InvalidLaunchTemplateName.NotFoundException',
    'InvalidLaunchTemplateId.VersionNotFound',
    'InvalidUserData.Malformed',
    'InvalidParameterValue',
  ]);
});

test('a deleted template is gone', async () => {
  const cloud = await startTestCloud();
  const id = await createTemplate(cloud, 'true');
  await cloud.ec2.send(new DeleteLaunchTemplateCommand({ LaunchTemplateId: id }));
  const { LaunchTemplates } = await cloud.ec2.send(new DescribeLaunchTemplatesCommand({}));
  expect(LaunchTemplates).toEqual([]);
});

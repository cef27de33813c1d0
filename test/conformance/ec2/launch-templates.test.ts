/**
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/launch-templates.html
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateLaunchTemplate.html, …/API_CreateLaunchTemplateVersion.html,
 * …/API_DescribeLaunchTemplateVersions.html, …/API_DeleteLaunchTemplateVersions.html, …/errors-overview.html
 */
import {
  CreateLaunchTemplateCommand,
  CreateLaunchTemplateVersionCommand,
  DeleteLaunchTemplateCommand,
  DeleteLaunchTemplateVersionsCommand,
  DescribeLaunchTemplatesCommand,
  DescribeLaunchTemplateVersionsCommand,
  type DescribeLaunchTemplateVersionsCommandInput,
  ModifyLaunchTemplateCommand,
  paginateDescribeLaunchTemplateVersions,
} from '@aws-sdk/client-ec2';
import { describe, expect, test } from 'vitest';
import { conformanceTarget, unique } from '../target.js';
import { base64, NOBODY, TestEc2 } from './test-fleet.js';
import { errorOf } from '../../support/error-of.js';

const target = conformanceTarget();
const ec2 = new TestEc2(target);
const client = () => target().ec2;

const addVersion = async (id: string, userData: string, more: { SourceVersion?: string } = {}) =>
  client().send(
    new CreateLaunchTemplateVersionCommand({
      LaunchTemplateId: id,
      LaunchTemplateData: { UserData: base64(userData) },
      ...more,
    }),
  );

async function versionsOf(input: DescribeLaunchTemplateVersionsCommandInput): Promise<readonly (number | undefined)[]> {
  const { LaunchTemplateVersions = [] } = await client().send(new DescribeLaunchTemplateVersionsCommand(input));
  return LaunchTemplateVersions.map((version) => version.VersionNumber);
}

describe('launch templates', () => {
  test('a launch template is described as it was created', async () => {
    const data = {
      ImageId: await ec2.image(),
      UserData: base64('echo <&> "hello"'),
      InstanceInitiatedShutdownBehavior: 'terminate',
      IamInstanceProfile: { Arn: 'arn:aws:iam::000000000000:instance-profile/worker' },
      BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { VolumeSize: 20, DeleteOnTermination: true } }],
      MetadataOptions: { HttpTokens: 'required', HttpPutResponseHopLimit: 2 },
      TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'team', Value: 'chemistry' }] }],
      InstanceRequirements: { VCpuCount: { Min: 2 }, MemoryMiB: { Min: 4096 }, CpuManufacturers: ['intel'] },
    } as const;
    const name = unique('described');
    const created = await client().send(
      new CreateLaunchTemplateCommand({
        LaunchTemplateName: name,
        VersionDescription: 'the first',
        LaunchTemplateData: { ...data, SecurityGroupIds: ['sg-1', 'sg-2'] } as never,
        TagSpecifications: [{ ResourceType: 'launch-template', Tags: [{ Key: 'stack', Value: name }] }],
      }),
    );
    expect(created.LaunchTemplate).toMatchObject({ DefaultVersionNumber: 1, LatestVersionNumber: 1 });
    const tagged = new DescribeLaunchTemplatesCommand({ Filters: [{ Name: 'tag:stack', Values: [name] }] });
    expect((await client().send(tagged)).LaunchTemplates).toMatchObject([
      {
        LaunchTemplateId: created.LaunchTemplate?.LaunchTemplateId,
        LaunchTemplateName: name,
        Tags: [{ Key: 'stack', Value: name }],
      },
    ]);
    const versions = await client().send(new DescribeLaunchTemplateVersionsCommand({ LaunchTemplateName: name }));
    expect(versions.LaunchTemplateVersions).toHaveLength(1);
    expect(versions.LaunchTemplateVersions?.[0]).toMatchObject({
      VersionNumber: 1,
      VersionDescription: 'the first',
      DefaultVersion: true,
      LaunchTemplateData: { ...data, SecurityGroupIds: ['sg-1', 'sg-2'] },
    });
    await client().send(new DeleteLaunchTemplateCommand({ LaunchTemplateName: name }));
  });

  test('a deleted template is gone, and its name can be used again', async () => {
    const name = unique('deleted');
    const LaunchTemplateId = await ec2.template({}, name);
    await client().send(new DeleteLaunchTemplateCommand({ LaunchTemplateId }));
    const gone = new DescribeLaunchTemplatesCommand({ LaunchTemplateIds: [LaunchTemplateId] });
    expect((await errorOf(client().send(gone))).name).toBe('InvalidLaunchTemplateId.NotFound');
    expect(await ec2.template({}, name)).not.toBe(LaunchTemplateId);
  });

  test('a retried creation returns the same template; the same token with other parameters and a used name are refused', async () => {
    const LaunchTemplateName = unique('retried');
    const request = { LaunchTemplateName, LaunchTemplateData: { ImageId: 'ami-1' }, ClientToken: unique('token') };
    const create = (change: object) => client().send(new CreateLaunchTemplateCommand({ ...request, ...change }));
    const first = await create({});
    expect((await create({})).LaunchTemplate?.LaunchTemplateId).toBe(first.LaunchTemplate?.LaunchTemplateId);
    expect((await errorOf(create({ VersionDescription: 'other' }))).name).toBe('IdempotentParameterMismatch');
    expect((await errorOf(create({ ClientToken: unique('token') }))).name).toBe(
      'InvalidLaunchTemplateName.AlreadyExistsException',
    );
    await client().send(new DeleteLaunchTemplateCommand({ LaunchTemplateName }));
  });

  test("missing and malformed templates have AWS's error codes", async () => {
    const id = await ec2.template();
    const large = { LaunchTemplateName: unique('large'), LaunchTemplateData: { UserData: base64('x'.repeat(16_385)) } };
    const calls = {
      'InvalidLaunchTemplateId.NotFound': new DescribeLaunchTemplatesCommand({ LaunchTemplateIds: [NOBODY.template] }),
      'InvalidLaunchTemplateId.Malformed': new DescribeLaunchTemplatesCommand({ LaunchTemplateIds: ['nonsense'] }),
      'InvalidLaunchTemplateName.NotFoundException': new DescribeLaunchTemplatesCommand({
        LaunchTemplateNames: [unique('nobody')],
      }),
      'InvalidLaunchTemplateName.MalformedException': new CreateLaunchTemplateCommand({
        LaunchTemplateName: 'no spaces',
        LaunchTemplateData: { ImageId: 'ami-1' },
      }),
      'InvalidLaunchTemplateId.VersionNotFound': new DescribeLaunchTemplateVersionsCommand({
        LaunchTemplateId: id,
        Versions: ['7'],
      }),
      'InvalidUserData.Malformed': new CreateLaunchTemplateCommand({
        LaunchTemplateName: unique('other'),
        LaunchTemplateData: { UserData: 'not base64!' },
      }),
      InvalidParameterValue: new CreateLaunchTemplateCommand(large),
      InvalidParameterCombination: new DeleteLaunchTemplateCommand({
        LaunchTemplateId: id,
        LaunchTemplateName: 'template',
      }),
    };
    const codes: string[] = [];
    for (const command of Object.values(calls)) codes.push((await errorOf(client().send(command as never))).name);
    expect(codes).toEqual(Object.keys(calls));
  });
});

describe('launch template versions', () => {
  test('a new version takes unset fields from its source, and nothing without a source', async () => {
    const id = await ec2.template();
    const image = await ec2.image();
    const { LaunchTemplateVersion } = await addVersion(id, 'echo two', { SourceVersion: '1' });
    expect(LaunchTemplateVersion).toMatchObject({
      VersionNumber: 2,
      DefaultVersion: false,
      LaunchTemplateData: { ImageId: image, UserData: base64('echo two') },
    });
    const bare = await addVersion(id, 'echo three');
    expect(bare.LaunchTemplateVersion?.LaunchTemplateData?.ImageId).toBeUndefined();
  });

  test('$Latest is the newest, $Default stays until it is moved', async () => {
    const id = await ec2.template();
    await addVersion(id, 'echo two');
    expect(await versionsOf({ LaunchTemplateId: id, Versions: ['$Default'] })).toEqual([1]);
    expect(await versionsOf({ LaunchTemplateId: id, Versions: ['$Latest'] })).toEqual([2]);
    const moved = await client().send(new ModifyLaunchTemplateCommand({ LaunchTemplateId: id, DefaultVersion: '2' }));
    expect(moved.LaunchTemplate).toMatchObject({ DefaultVersionNumber: 2, LatestVersionNumber: 2 });
    expect(await versionsOf({ LaunchTemplateId: id, Versions: ['$Default'] })).toEqual([2]);
  });

  test('a retried version is the same version', async () => {
    const id = await ec2.template();
    const request = { LaunchTemplateId: id, LaunchTemplateData: { ImageId: 'ami-2' }, ClientToken: unique('token') };
    const first = await client().send(new CreateLaunchTemplateVersionCommand(request));
    const again = await client().send(new CreateLaunchTemplateVersionCommand(request));
    expect(first.LaunchTemplateVersion?.VersionNumber).toBe(2);
    expect(again.LaunchTemplateVersion?.VersionNumber).toBe(2);
  });

  test('versions come in pages, the newest first, and between two numbers', async () => {
    const id = await ec2.template();
    for (let version = 2; version <= 5; version += 1) await addVersion(id, `echo ${version}`);
    const pages: (number | undefined)[][] = [];
    const config = { client: client(), pageSize: 2 };
    for await (const page of paginateDescribeLaunchTemplateVersions(config, { LaunchTemplateId: id })) {
      pages.push((page.LaunchTemplateVersions ?? []).map((version) => version.VersionNumber));
    }
    expect(pages.filter((page) => page.length > 0)).toEqual([[5, 4], [3, 2], [1]]);
    expect(await versionsOf({ LaunchTemplateId: id, MinVersion: '2', MaxVersion: '3' })).toEqual([3, 2]);
  });

  test('without a template only the latest and the default versions of all can be described', async () => {
    const id = await ec2.template();
    await addVersion(id, 'echo two');
    const { LaunchTemplateVersions = [] } = await client().send(
      new DescribeLaunchTemplateVersionsCommand({ Versions: ['$Latest'] }),
    );
    const own = LaunchTemplateVersions.filter((version) => version.LaunchTemplateId === id);
    expect(own.map((version) => version.VersionNumber)).toEqual([2]);
    await expect(versionsOf({ Versions: ['1'] })).rejects.toThrow();
  });

  test('versions are deleted one by one; the default stays, and a number is never used twice', async () => {
    const id = await ec2.template();
    await addVersion(id, 'echo two');
    await addVersion(id, 'echo three');
    const outcome = await client().send(
      new DeleteLaunchTemplateVersionsCommand({ LaunchTemplateId: id, Versions: ['3', '9', '1'] }),
    );
    expect(outcome.SuccessfullyDeletedLaunchTemplateVersions).toMatchObject([
      { LaunchTemplateId: id, VersionNumber: 3 },
    ]);
    expect(
      outcome.UnsuccessfullyDeletedLaunchTemplateVersions?.map((refused) => [
        refused.VersionNumber,
        refused.ResponseError?.Code,
      ]),
    ).toEqual([
      [9, 'launchTemplateVersionDoesNotExist'],
      [1, 'unexpectedError'],
    ]);
    expect((await addVersion(id, 'echo four')).LaunchTemplateVersion?.VersionNumber).toBe(4);
    expect(await versionsOf({ LaunchTemplateId: id })).toEqual([4, 2, 1]);
  });
});

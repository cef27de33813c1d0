import {
  CancelSpotFleetRequestsCommand,
  CreateFleetCommand,
  CreateLaunchTemplateCommand,
  CreateLaunchTemplateVersionCommand,
  DeleteLaunchTemplateCommand,
  DescribeInstancesCommand,
  DescribeLaunchTemplatesCommand,
  DescribeLaunchTemplateVersionsCommand,
  DescribeSpotFleetInstancesCommand,
  DescribeSpotFleetRequestsCommand,
  DescribeSubnetsCommand,
  EC2Client,
  EC2ServiceException,
  RequestSpotFleetCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { beforeEach, describe, expect, it } from 'vitest';
import { makeEc2Client } from '../../aws/clients.js';
import { deleteFleet, type FleetOptions, provisionFleet } from '../../aws/fleet-provisioner.js';
import { mockedClient } from '../support/mocked-client.js';

const mock = mockedClient(EC2Client);
const { signal } = new AbortController();
const client = makeEc2Client({ region: 'us-east-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } });
const options: FleetOptions = { name: 'stack', region: 'us-east-1', kind: 'spot-fleet', instanceTypes: ['c7g.large'] };
const USER_DATA = '#!/bin/sh\ntrue\n';
const tags = [{ Key: 'spotpool:stack', Value: 'stack' }];

function templateIsThere(userData: string): void {
  mock.on(CreateLaunchTemplateCommand).rejects(
    new EC2ServiceException({
      name: 'InvalidLaunchTemplateName.AlreadyExistsException',
      message: 'exists',
      $fault: 'client',
      $metadata: { httpStatusCode: 400 },
    }),
  );
  mock.on(DescribeLaunchTemplateVersionsCommand).resolves({
    LaunchTemplateVersions: [
      { VersionNumber: 3, LaunchTemplateData: { UserData: Buffer.from(userData).toString('base64') } },
    ],
  });
  mock.on(CreateLaunchTemplateVersionCommand).resolves({ LaunchTemplateVersion: { VersionNumber: 4 } });
}

const fleetIsThere = (SpotFleetRequestState: 'active' | 'cancelled_running' = 'active'): unknown =>
  mock.on(DescribeSpotFleetRequestsCommand).resolves({
    SpotFleetRequestConfigs: [{ SpotFleetRequestId: 'sfr-old', SpotFleetRequestState, Tags: tags }],
  });

const activeInstances = (...ids: readonly string[]): unknown =>
  mock.on(DescribeSpotFleetInstancesCommand).resolves({ ActiveInstances: ids.map((InstanceId) => ({ InstanceId })) });

const requested = () =>
  mock.commandCalls(RequestSpotFleetCommand).map(({ args }) => args[0].input.SpotFleetRequestConfig);

beforeEach(() => {
  mock.reset();
  mock.on(CreateLaunchTemplateCommand).resolves({});
  mock.on(DescribeSpotFleetRequestsCommand).resolves({ SpotFleetRequestConfigs: [] });
  mock.on(DescribeSubnetsCommand).resolves({ Subnets: [] });
  mock.on(RequestSpotFleetCommand).resolves({ SpotFleetRequestId: 'sfr-new' });
  mock.on(CancelSpotFleetRequestsCommand).resolves({});
  mock.on(DescribeInstancesCommand).resolves({ Reservations: [] });
  activeInstances();
});

describe('a Spot Fleet', () => {
  it('is made at target 0, with no-termination, from a numbered version, by the default subnets of its zones', async () => {
    mock.on(DescribeSubnetsCommand).resolves({
      Subnets: [
        { SubnetId: 'subnet-a', AvailabilityZone: 'us-east-1a' },
        { SubnetId: 'subnet-f', AvailabilityZone: 'us-east-1f' },
      ],
    });
    expect(await provisionFleet(client, options, USER_DATA, signal)).toBe('sfr-new');
    expect(requested()).toEqual([
      expect.objectContaining({
        Type: 'maintain',
        TargetCapacity: 0,
        ExcessCapacityTerminationPolicy: 'noTermination',
        LaunchTemplateConfigs: [
          {
            LaunchTemplateSpecification: { LaunchTemplateName: 'stack-worker', Version: '1' },
            Overrides: [{ InstanceType: 'c7g.large', SubnetId: 'subnet-a' }],
          },
        ],
        TagSpecifications: [{ ResourceType: 'spot-fleet-request', Tags: tags }],
      }),
    ]);
    expect(mock.commandCalls(CreateFleetCommand)).toHaveLength(0);
  });

  it('names zones where the account has no default subnets', async () => {
    await provisionFleet(client, { ...options, zones: ['us-east-1b'] }, USER_DATA, signal);
    expect(requested()[0]?.LaunchTemplateConfigs?.[0]?.Overrides).toEqual([
      { InstanceType: 'c7g.large', AvailabilityZone: 'us-east-1b' },
    ]);
  });

  it('that is there and boots the same is found again', async () => {
    templateIsThere(USER_DATA);
    fleetIsThere();
    expect(await provisionFleet(client, options, USER_DATA, signal)).toBe('sfr-old');
    expect(requested()).toHaveLength(0);
    expect(mock.commandCalls(CreateLaunchTemplateVersionCommand)).toHaveLength(0);
  });

  it('that is there and would boot otherwise is replaced, since it is bound to its version', async () => {
    templateIsThere('#!/bin/sh\nfalse\n');
    fleetIsThere();
    expect(await provisionFleet(client, options, USER_DATA, signal)).toBe('sfr-new');
    expect(requested()[0]?.LaunchTemplateConfigs?.[0]?.LaunchTemplateSpecification?.Version).toBe('4');
    expect(mock.commandCalls(CancelSpotFleetRequestsCommand)[0]?.args[0].input.SpotFleetRequestIds).toEqual([
      'sfr-old',
    ]);
  });

  it('that would boot otherwise ends before its template changes, so that a replacement that broke off is done again', async () => {
    templateIsThere('#!/bin/sh\nfalse\n');
    fleetIsThere();
    mock.on(CancelSpotFleetRequestsCommand).rejects(new Error('not now'));
    await expect(provisionFleet(client, options, USER_DATA, signal)).rejects.toThrow('not now');
    expect(mock.commandCalls(CreateLaunchTemplateVersionCommand)).toHaveLength(0);
  });

  it('that was cancelled is not found', async () => {
    templateIsThere(USER_DATA);
    fleetIsThere('cancelled_running');
    expect(await provisionFleet(client, options, USER_DATA, signal)).toBe('sfr-new');
  });
});

describe('deleting', () => {
  it('cancels the fleet with its instances, ends what else has the tag, and removes the launch template', async () => {
    fleetIsThere();
    activeInstances('i-1');
    mock
      .on(DescribeInstancesCommand)
      .resolvesOnce(instances(['i-1', 'running'], ['i-2', 'running'], ['i-0', 'terminated']))
      .resolves(instances(['i-1', 'shutting-down'], ['i-2', 'running']));
    mock.on(DescribeLaunchTemplatesCommand).resolves({ LaunchTemplates: [{ LaunchTemplateName: 'stack-worker' }] });
    expect(await deleteFleet(client, options, signal)).toEqual({ fleetId: 'sfr-old', ended: ['i-1', 'i-2'] });
    const cancelled = mock.commandCalls(CancelSpotFleetRequestsCommand)[0]?.args[0].input;
    expect(cancelled).toEqual({ SpotFleetRequestIds: ['sfr-old'], TerminateInstances: true });
    expect(mock.commandCalls(TerminateInstancesCommand)[0]?.args[0].input.InstanceIds).toEqual(['i-2']);
    expect(mock.commandCalls(DeleteLaunchTemplateCommand)).toHaveLength(1);
  });

  it('is no error when nothing is there', async () => {
    mock.on(DescribeLaunchTemplatesCommand).resolves({ LaunchTemplates: [] });
    expect(await deleteFleet(client, options, signal)).toEqual({ fleetId: undefined, ended: [] });
    expect(mock.commandCalls(DeleteLaunchTemplateCommand)).toHaveLength(0);
  });

  it('says why a fleet cannot be cancelled', async () => {
    fleetIsThere();
    mock.on(CancelSpotFleetRequestsCommand).resolves({
      UnsuccessfulFleetRequests: [
        { SpotFleetRequestId: 'sfr-old', Error: { Code: 'unexpectedError', Message: 'why' } },
      ],
    });
    await expect(deleteFleet(client, options, signal)).rejects.toThrow('Could not cancel the fleet sfr-old: why');
  });
});

type Shown = readonly [id: string, state: 'running' | 'shutting-down' | 'terminated'];
const instances = (...all: readonly Shown[]) => ({
  Reservations: [{ Instances: all.map(([InstanceId, Name]) => ({ InstanceId, State: { Name } })) }],
});

/**
 * Launch templates and fleets for the suite's tests of EC2. Those of each test are removed when it ends, with their
 * instances.
 */
import { setTimeout as delay } from 'node:timers/promises';
import {
  CancelSpotFleetRequestsCommand,
  CreateFleetCommand,
  type CreateFleetCommandInput,
  CreateLaunchTemplateCommand,
  DeleteFleetsCommand,
  DeleteLaunchTemplateCommand,
  DescribeFleetInstancesCommand,
  DescribeFleetsCommand,
  DescribeImagesCommand,
  DescribeInstancesCommand,
  DescribeSpotFleetInstancesCommand,
  DescribeSpotFleetRequestsCommand,
  type EC2Client,
  type FleetData,
  type Instance,
  ModifyFleetCommand,
  type RequestLaunchTemplateData,
  RequestSpotFleetCommand,
  type SpotFleetRequestConfig,
  type SpotFleetRequestConfigData,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { afterEach } from 'vitest';
import { eventually } from '../../support/eventually.js';
import { type ConformanceTarget, unique } from '../target.js';

/** Ids of the right form that name nothing. */
export const NOBODY = {
  fleet: 'fleet-00000000-0000-0000-0000-000000000000',
  spotFleet: 'sfr-00000000-0000-0000-0000-000000000000',
  instance: 'i-0123456789abcdef0',
  template: 'lt-0123456789abcdef0',
} as const;

export const FLEET_ROLE = 'arn:aws:iam::000000000000:role/aws-ec2-spot-fleet-tagging-role';

export const base64 = (text: string): string => Buffer.from(text).toString('base64');

export const idOf = (instance: Instance | undefined): string => instance?.InstanceId ?? '';

export class TestEc2 {
  #image: Promise<string> | undefined;
  /** The instances that each fleet was seen to have. */
  readonly #seen = new Map<string, Set<string>>();
  /** The removals, in the order in which the resources were created. */
  readonly #removals: (() => Promise<unknown>)[] = [];

  readonly #target: () => ConformanceTarget;

  /** Must be created at the top of a test file. */
  constructor(target: () => ConformanceTarget) {
    this.#target = target;
    afterEach(async () => {
      // A removal fails if the test has removed the resource itself.
      for (const remove of this.#removals.splice(0).reverse()) await remove().catch(() => undefined);
    });
  }

  get client(): EC2Client {
    return this.#target().ec2;
  }

  /** Emulators launch no image, but some accept only one of theirs. */
  image(): Promise<string> {
    this.#image ??= this.client
      .send(
        new DescribeImagesCommand({
          Owners: ['amazon'],
          Filters: [
            { Name: 'architecture', Values: ['arm64'] },
            { Name: 'virtualization-type', Values: ['hvm'] },
          ],
        }),
      )
      .then(({ Images = [] }) => Images[0]?.ImageId ?? 'ami-00000000000000000');
    return this.#image;
  }

  /** Creates a template whose instances do nothing for as long as any test runs. */
  async template(data: RequestLaunchTemplateData = {}, name = unique('template')): Promise<string> {
    const { LaunchTemplate } = await this.client.send(
      new CreateLaunchTemplateCommand({
        LaunchTemplateName: name,
        LaunchTemplateData: {
          ImageId: await this.image(),
          InstanceType: 'c7g.large',
          UserData: base64('#!/bin/sh\nsleep 1000\n'),
          ...data,
        },
      }),
    );
    const id = LaunchTemplate?.LaunchTemplateId ?? '';
    this.#removals.push(() => this.client.send(new DeleteLaunchTemplateCommand({ LaunchTemplateId: id })));
    return id;
  }

  /** Creates a fleet of type `maintain`; resolves when it is active. */
  async fleet(target: number, more: Partial<CreateFleetCommandInput> = {}): Promise<string> {
    const request = await this.fleetRequest(target, more);
    const { FleetId = '' } = await this.client.send(new CreateFleetCommand(request));
    this.deletedAfterwards(FleetId);
    await this.#active(FleetId);
    return FleetId;
  }

  async fleetRequest(target: number, more: Partial<CreateFleetCommandInput> = {}): Promise<CreateFleetCommandInput> {
    return {
      Type: 'maintain',
      ExcessCapacityTerminationPolicy: 'no-termination',
      LaunchTemplateConfigs: more.LaunchTemplateConfigs ?? [
        { LaunchTemplateSpecification: { LaunchTemplateId: await this.template(), Version: '1' } },
      ],
      TargetCapacitySpecification: { TotalTargetCapacity: target, DefaultTargetCapacityType: 'spot' },
      ...more,
    };
  }

  deletedAfterwards(fleetId: string): void {
    this.#removals.push(async () => {
      await this.client.send(new DeleteFleetsCommand({ FleetIds: [fleetId], TerminateInstances: true }));
      await this.#none(fleetId);
    });
  }

  async describeFleet(id: string): Promise<FleetData> {
    const [fleet] = (await this.client.send(new DescribeFleetsCommand({ FleetIds: [id] }))).Fleets ?? [];
    if (fleet === undefined) throw new Error(`There is no fleet ${id}.`);
    return fleet;
  }

  /** Resolves when the fleet is no longer being modified. */
  async setTarget(id: string, target: number, policy: 'termination' | 'no-termination'): Promise<void> {
    await this.client.send(
      new ModifyFleetCommand({
        FleetId: id,
        ExcessCapacityTerminationPolicy: policy,
        TargetCapacitySpecification: { TotalTargetCapacity: target },
      }),
    );
    await this.#active(id);
  }

  async spotFleet(target: number, more: Partial<SpotFleetRequestConfigData> = {}): Promise<string> {
    const { SpotFleetRequestId = '' } = await this.client.send(
      new RequestSpotFleetCommand({ SpotFleetRequestConfig: await this.spotFleetConfig(target, more) }),
    );
    this.#removals.push(async () => {
      await this.client.send(
        new CancelSpotFleetRequestsCommand({ SpotFleetRequestIds: [SpotFleetRequestId], TerminateInstances: true }),
      );
      await this.#none(SpotFleetRequestId);
    });
    await eventually(async () => (await this.describeSpotFleet(SpotFleetRequestId)).SpotFleetRequestState === 'active');
    return SpotFleetRequestId;
  }

  async spotFleetConfig(
    target: number,
    more: Partial<SpotFleetRequestConfigData> = {},
  ): Promise<SpotFleetRequestConfigData> {
    return {
      IamFleetRole: FLEET_ROLE,
      Type: 'maintain',
      TargetCapacity: target,
      AllocationStrategy: 'priceCapacityOptimized',
      ExcessCapacityTerminationPolicy: 'noTermination',
      LaunchTemplateConfigs: more.LaunchTemplateConfigs ?? [
        { LaunchTemplateSpecification: { LaunchTemplateId: await this.template(), Version: '1' } },
      ],
      ...more,
    };
  }

  async describeSpotFleet(id: string): Promise<SpotFleetRequestConfig> {
    const wanted = new DescribeSpotFleetRequestsCommand({ SpotFleetRequestIds: [id] });
    const [fleet] = (await this.client.send(wanted)).SpotFleetRequestConfigs ?? [];
    if (fleet === undefined) throw new Error(`There is no Spot Fleet ${id}.`);
    return fleet;
  }

  /** Returns the fleet's instances: the current ones, and those that were seen with it before. */
  async instances(fleetId: string, state?: string): Promise<readonly Instance[]> {
    const seen = this.#seen.get(fleetId) ?? new Set<string>();
    for (const id of await this.#activeIds(fleetId)) seen.add(id);
    this.#seen.set(fleetId, seen);
    if (seen.size === 0) return [];
    const { Reservations = [] } = await this.client.send(new DescribeInstancesCommand({ InstanceIds: [...seen] }));
    const all = Reservations.flatMap((reservation) => reservation.Instances ?? []);
    return all.filter((instance) => state === undefined || instance.State?.Name === state);
  }

  async #activeIds(fleetId: string): Promise<readonly string[]> {
    const { ActiveInstances = [] } = fleetId.startsWith('sfr-')
      ? await this.client.send(new DescribeSpotFleetInstancesCommand({ SpotFleetRequestId: fleetId }))
      : await this.client.send(new DescribeFleetInstancesCommand({ FleetId: fleetId }));
    return ActiveInstances.map((active) => active.InstanceId ?? '');
  }

  /** Waits until exactly `count` of the fleet's instances run. */
  async running(fleetId: string, count: number): Promise<readonly Instance[]> {
    return this.#inState(fleetId, 'running', count);
  }

  async terminated(fleetId: string, count: number): Promise<readonly Instance[]> {
    return this.#inState(fleetId, 'terminated', count);
  }

  /** Terminates all of the fleet's instances. */
  async terminate(fleetId: string): Promise<void> {
    const InstanceIds = (await this.instances(fleetId)).map(idOf);
    await this.client.send(new TerminateInstancesCommand({ InstanceIds }));
  }

  async #inState(fleetId: string, state: string, count: number): Promise<readonly Instance[]> {
    return eventually(
      async () => {
        const instances = await this.instances(fleetId, state);
        return instances.length === count ? instances : undefined;
      },
      { what: `${count} ${state} instances` },
    );
  }

  async #active(fleetId: string): Promise<void> {
    await eventually(async () => (await this.describeFleet(fleetId)).FleetState === 'active');
  }

  async #none(fleetId: string): Promise<void> {
    await eventually(async () => (await this.instances(fleetId)).every(({ State }) => State?.Name === 'terminated'), {
      timeoutMs: 5_000,
    });
  }
}

/** Gives an unwanted event time to happen, because no call tells that it will not happen. */
export const aMoment = (): Promise<void> => delay(500);

/**
 * The catalogue of a Region: types, zones, prices, images, and the default VPC.
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSpotPriceHistory.html,
 * …/API_DescribeInstanceTypes.html, …/API_GetInstanceTypesFromInstanceRequirements.html,
 * …/API_DescribeAvailabilityZones.html
 * https://docs.aws.amazon.com/vpc/latest/userguide/default-vpc.html
 */
import {
  DescribeAvailabilityZonesCommand,
  DescribeImagesCommand,
  DescribeInstanceTypeOfferingsCommand,
  DescribeInstanceTypesCommand,
  DescribeRegionsCommand,
  DescribeRouteTablesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  DescribeVpcsCommand,
  GetInstanceTypesFromInstanceRequirementsCommand,
  paginateDescribeInstanceTypes,
  paginateDescribeSpotPriceHistory,
} from '@aws-sdk/client-ec2';
import { describe, expect, test } from 'vitest';
import { conformanceTarget } from '../target.js';
import { TestEc2 } from './test-fleet.js';
import { errorOf } from '../../support/error-of.js';

const target = conformanceTarget();
const ec2 = new TestEc2(target);
const client = () => target().ec2;
const HOUR_MS = 3_600_000;

describe('Spot price history', () => {
  test('a pool’s prices come in pages, the newest first, back to the price that was valid at the start', async () => {
    const startMs = Date.now() - 48 * HOUR_MS;
    const points = [];
    const query = {
      InstanceTypes: ['c7g.large' as const],
      AvailabilityZone: 'us-east-1a',
      ProductDescriptions: ['Linux/UNIX'],
      StartTime: new Date(startMs),
    };
    for await (const page of paginateDescribeSpotPriceHistory({ client: client(), pageSize: 5 }, query)) {
      expect(page.SpotPriceHistory?.length ?? 0).toBeLessThanOrEqual(5);
      points.push(...(page.SpotPriceHistory ?? []));
    }
    expect(points.length).toBeGreaterThan(0);
    for (const point of points) {
      expect(point).toMatchObject({ InstanceType: 'c7g.large', AvailabilityZone: 'us-east-1a' });
      expect(Number(point.SpotPrice)).toBeGreaterThan(0);
      expect(Number(point.SpotPrice)).toBeLessThan(0.0725);
    }
    const times = points.map((point) => point.Timestamp?.getTime() ?? 0);
    expect(times).toEqual([...times].sort((one, other) => other - one));
    expect(times.at(-1)).toBeLessThanOrEqual(startMs);
  });

  test('a start and an end of now return each pool’s current price', async () => {
    const now = new Date();
    const query = { InstanceTypes: ['m7g.large' as const], StartTime: now, EndTime: now };
    const zones: (string | undefined)[] = [];
    for await (const page of paginateDescribeSpotPriceHistory({ client: client() }, query)) {
      for (const point of page.SpotPriceHistory ?? []) {
        if (point.ProductDescription === 'Linux/UNIX') zones.push(point.AvailabilityZone);
      }
    }
    expect(zones.length).toBeGreaterThanOrEqual(3);
    expect(new Set(zones).size).toBe(zones.length);
  });
});

describe('instance types', () => {
  test('a type is described, all types come in pages, and an unknown type is an error', async () => {
    const { InstanceTypes } = await client().send(new DescribeInstanceTypesCommand({ InstanceTypes: ['r7g.large'] }));
    expect(InstanceTypes).toMatchObject([
      {
        InstanceType: 'r7g.large',
        VCpuInfo: { DefaultVCpus: 2 },
        MemoryInfo: { SizeInMiB: 16_384 },
        ProcessorInfo: { SupportedArchitectures: ['arm64'] },
      },
    ]);
    const all = new Set<string | undefined>();
    const Filters = [{ Name: 'instance-type', Values: ['c7*', 'm7*'] }];
    for await (const page of paginateDescribeInstanceTypes({ client: client(), pageSize: 5 }, { Filters })) {
      expect(page.InstanceTypes?.length ?? 0).toBeLessThanOrEqual(5);
      for (const type of page.InstanceTypes ?? []) all.add(type.InstanceType);
    }
    expect(all).toContain('c7g.large');
    expect([...all].every((name) => /^[cm]7/.test(name ?? ''))).toBe(true);
    const unknown = new DescribeInstanceTypesCommand({ InstanceTypes: ['z9.nano' as never] });
    expect((await errorOf(client().send(unknown))).name).toBe('InvalidInstanceType');
  });

  test('offerings show where a type is available', async () => {
    const offered = async (LocationType: 'region' | 'availability-zone') => {
      const Filters = [{ Name: 'instance-type', Values: ['c7g.large'] }];
      const call = new DescribeInstanceTypeOfferingsCommand({ LocationType, Filters });
      return (await client().send(call)).InstanceTypeOfferings ?? [];
    };
    expect(await offered('region')).toEqual([
      { InstanceType: 'c7g.large', Location: 'us-east-1', LocationType: 'region' },
    ]);
    expect((await offered('availability-zone')).length).toBeGreaterThanOrEqual(3);
  });

  test('requirements select the types that meet them', async () => {
    const call = (more: object) =>
      client().send(
        new GetInstanceTypesFromInstanceRequirementsCommand({
          ArchitectureTypes: ['arm64'],
          VirtualizationTypes: ['hvm'],
          InstanceRequirements: { VCpuCount: { Min: 2, Max: 2 }, MemoryMiB: { Min: 8192, Max: 8192 }, ...more },
        }),
      );
    const names = (await call({ InstanceGenerations: ['current'] })).InstanceTypes?.map((type) => type.InstanceType);
    expect(names).toContain('m7g.large');
    expect(names).not.toContain('m7i.large');
    expect(names).not.toContain('t4g.large');
    const without = await call({ ExcludedInstanceTypes: ['m7*'] });
    expect(without.InstanceTypes?.map((type) => type.InstanceType)).not.toContain('m7g.large');
  });
});

describe('regions, zones, images and the default VPC', () => {
  test('the region and its zones are described, with the ids that are the same in every account', async () => {
    const { AvailabilityZones = [] } = await client().send(new DescribeAvailabilityZonesCommand({}));
    expect(AvailabilityZones.length).toBeGreaterThanOrEqual(3);
    for (const zone of AvailabilityZones) {
      expect(zone).toMatchObject({ RegionName: 'us-east-1', State: 'available' });
      expect(zone.ZoneName).toMatch(/^us-east-1[a-f]$/);
      expect(zone.ZoneId).toMatch(/^use1-az[1-6]$/);
    }
    const one = new DescribeAvailabilityZonesCommand({ ZoneNames: ['us-east-1b'] });
    expect((await client().send(one)).AvailabilityZones?.map((zone) => zone.ZoneName)).toEqual(['us-east-1b']);
    const { Regions = [] } = await client().send(new DescribeRegionsCommand({ RegionNames: ['us-east-1'] }));
    expect(Regions.map((region) => region.RegionName)).toEqual(['us-east-1']);
  });

  test('an image is found by its owner and architecture, and a missing image is an error', async () => {
    const ImageIds = [await ec2.image()];
    const { Images } = await client().send(new DescribeImagesCommand({ ImageIds }));
    expect(Images).toMatchObject([{ ImageId: ImageIds[0], Architecture: 'arm64' }]);
    const nobody = new DescribeImagesCommand({ ImageIds: ['ami-0123456789abcdef0'] });
    expect((await errorOf(client().send(nobody))).name).toBe('InvalidAMIID.NotFound');
  });

  test('the default VPC has a subnet in each zone, a main route table and a default group', async () => {
    const { Vpcs = [] } = await client().send(
      new DescribeVpcsCommand({ Filters: [{ Name: 'is-default', Values: ['true'] }] }),
    );
    expect(Vpcs).toHaveLength(1);
    const Filters = [{ Name: 'vpc-id', Values: [Vpcs[0]?.VpcId ?? ''] }];
    const { Subnets = [] } = await client().send(new DescribeSubnetsCommand({ Filters }));
    const { AvailabilityZones = [] } = await client().send(new DescribeAvailabilityZonesCommand({}));
    expect(new Set(Subnets.map((subnet) => subnet.AvailabilityZone))).toEqual(
      new Set(AvailabilityZones.map((zone) => zone.ZoneName)),
    );
    const { RouteTables = [] } = await client().send(new DescribeRouteTablesCommand({ Filters }));
    expect(RouteTables.some((table) => table.Associations?.some((association) => association.Main))).toBe(true);
    const { SecurityGroups = [] } = await client().send(new DescribeSecurityGroupsCommand({ Filters }));
    expect(SecurityGroups.map((group) => group.GroupName)).toContain('default');
  });
});

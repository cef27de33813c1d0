import {
  DescribeAvailabilityZonesCommand,
  DescribeInstanceTypesCommand,
  DescribeRegionsCommand,
  paginateDescribeSpotPriceHistory,
} from '@aws-sdk/client-ec2';
import { expect, test } from 'vitest';
import { errorOf, startTestCloud } from './support.js';

test('the price history of a pool has its price now and as far back as it was asked for', async () => {
  const { ec2 } = await startTestCloud();
  const startMs = Date.now() - 48 * 3_600_000;
  const points = [];
  const query = {
    InstanceTypes: ['c7g.large' as const],
    AvailabilityZone: 'us-east-1a',
    ProductDescriptions: ['Linux/UNIX'],
    StartTime: new Date(startMs),
  };
  for await (const page of paginateDescribeSpotPriceHistory({ client: ec2, pageSize: 5 }, query)) {
    points.push(...(page.SpotPriceHistory ?? []));
  }
  expect(points).toHaveLength(9);
  for (const point of points) {
    expect(point).toMatchObject({ InstanceType: 'c7g.large', AvailabilityZone: 'us-east-1a' });
    expect(Number(point.SpotPrice)).toBeGreaterThan(0.0725 * 0.3);
    expect(Number(point.SpotPrice)).toBeLessThan(0.0725 * 0.45);
  }
  const times = points.map((point) => point.Timestamp?.getTime() ?? 0);
  expect(times).toEqual([...times].sort((one, other) => other - one));
  expect(times.at(-1)).toBeLessThanOrEqual(startMs);
});

test('a product that is not sold has no prices, and an unknown type is an error', async () => {
  const { ec2 } = await startTestCloud();
  for await (const page of paginateDescribeSpotPriceHistory({ client: ec2 }, { ProductDescriptions: ['Windows'] })) {
    expect(page.SpotPriceHistory).toEqual([]);
  }
  const unknown = new DescribeInstanceTypesCommand({ InstanceTypes: ['z9.nano' as never] });
  expect((await errorOf(ec2.send(unknown))).name).toBe('InvalidInstanceType');
});

test('types, zones and the region are described', async () => {
  const { ec2 } = await startTestCloud();
  const { InstanceTypes } = await ec2.send(new DescribeInstanceTypesCommand({ InstanceTypes: ['r7g.large'] }));
  expect(InstanceTypes).toHaveLength(1);
  expect(InstanceTypes?.[0]).toMatchObject({
    InstanceType: 'r7g.large',
    VCpuInfo: { DefaultVCpus: 2 },
    MemoryInfo: { SizeInMiB: 16_384 },
    ProcessorInfo: { SupportedArchitectures: ['arm64'] },
  });
  const { AvailabilityZones } = await ec2.send(new DescribeAvailabilityZonesCommand({}));
  expect(AvailabilityZones?.map((zone) => zone.ZoneName)).toEqual([
    'us-east-1a',
    'us-east-1b',
    'us-east-1c',
    'us-east-1d',
  ]);
  const { Regions } = await ec2.send(new DescribeRegionsCommand({}));
  expect(Regions?.map((region) => region.RegionName)).toEqual(['us-east-1']);
});

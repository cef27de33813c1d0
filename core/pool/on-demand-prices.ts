/**
 * On-demand prices of common types: Linux, us-east-1, dollars an hour, as AWS's price list (https://aws.amazon.com/ec2/pricing/on-demand/) had them on
 * 2026-07-20. They were read from the copy of that list in https://github.com/aws/karpenter-provider-aws (pkg/providers/pricing/zz_generated.pricing_aws.go).
 */

/** Within these families the price is proportional to the size. */
const DOLLARS_PER_HOUR_OF_LARGE: Readonly<Record<string, number>> = {
  c5: 0.085,
  c5a: 0.077,
  c5d: 0.096,
  c6a: 0.0765,
  c6g: 0.068,
  c6i: 0.085,
  c7a: 0.10264,
  c7g: 0.0725,
  c7i: 0.08925,
  c8g: 0.07976,
  m5: 0.096,
  m5a: 0.086,
  m5d: 0.113,
  m6a: 0.0864,
  m6g: 0.077,
  m6i: 0.096,
  m7a: 0.11592,
  m7g: 0.0816,
  m7i: 0.1008,
  m8g: 0.08976,
  r5: 0.126,
  r5a: 0.113,
  r6a: 0.1134,
  r6g: 0.1008,
  r6i: 0.126,
  r7a: 0.15215,
  r7g: 0.1071,
  r7i: 0.1323,
  r8g: 0.11782,
  t3: 0.0832,
  t3a: 0.0752,
  t4g: 0.0672,
};

/**
 * In families with GPUs the price is not proportional to the size. P5e and P6e have no on-demand price in this region's list. G4ad, whose GPUs are not
 * NVIDIA's, and types that AWS no longer offers are left out.
 */
const DOLLARS_PER_HOUR: Readonly<Record<string, number>> = {
  'g4dn.xlarge': 0.526,
  'g4dn.2xlarge': 0.752,
  'g4dn.4xlarge': 1.204,
  'g4dn.8xlarge': 2.176,
  'g4dn.12xlarge': 3.912,
  'g4dn.16xlarge': 4.352,
  'g4dn.metal': 7.824,
  'g5.xlarge': 1.006,
  'g5.2xlarge': 1.212,
  'g5.4xlarge': 1.624,
  'g5.8xlarge': 2.448,
  'g5.12xlarge': 5.672,
  'g5.16xlarge': 4.096,
  'g5.24xlarge': 8.144,
  'g5.48xlarge': 16.288,
  'g5g.xlarge': 0.42,
  'g5g.2xlarge': 0.556,
  'g5g.4xlarge': 0.828,
  'g5g.8xlarge': 1.372,
  'g5g.16xlarge': 2.744,
  'g5g.metal': 2.744,
  'g6.xlarge': 0.8048,
  'g6.2xlarge': 0.9776,
  'g6.4xlarge': 1.3232,
  'g6.8xlarge': 2.0144,
  'g6.12xlarge': 4.6016,
  'g6.16xlarge': 3.3968,
  'g6.24xlarge': 6.6752,
  'g6.48xlarge': 13.3504,
  'g6e.xlarge': 1.861,
  'g6e.2xlarge': 2.24208,
  'g6e.4xlarge': 3.00424,
  'g6e.8xlarge': 4.52856,
  'g6e.12xlarge': 10.49264,
  'g6e.16xlarge': 7.57719,
  'g6e.24xlarge': 15.06559,
  'g6e.48xlarge': 30.13118,
  'g6f.large': 0.202,
  'g6f.xlarge': 0.2375,
  'g6f.2xlarge': 0.475,
  'g6f.4xlarge': 0.95,
  'gr6.4xlarge': 1.5392,
  'gr6.8xlarge': 2.4464,
  'gr6f.4xlarge': 1.066,
  'g7.2xlarge': 2.52,
  'g7.4xlarge': 3.04208,
  'g7.8xlarge': 4.08624,
  'g7.12xlarge': 7.12832,
  'g7.24xlarge': 14.25664,
  'g7.48xlarge': 28.51328,
  'g7e.2xlarge': 3.36312,
  'g7e.4xlarge': 3.99816,
  'g7e.8xlarge': 5.26824,
  'g7e.12xlarge': 8.28608,
  'g7e.24xlarge': 16.57216,
  'g7e.48xlarge': 33.14432,
  'p3.2xlarge': 3.06,
  'p3.8xlarge': 12.24,
  'p3.16xlarge': 24.48,
  'p3dn.24xlarge': 31.212,
  'p4d.24xlarge': 21.957642,
  'p4de.24xlarge': 27.44705,
  'p5.4xlarge': 6.88,
  'p5.48xlarge': 55.04,
  'p5en.48xlarge': 63.296,
  'p6-b200.48xlarge': 113.9328,
  'p6-b300.48xlarge': 142.416,
};

/** The names of all types with GPUs in the table. */
export const GPU_TYPES: readonly string[] = Object.keys(DOLLARS_PER_HOUR);

const SMALL_SIZES: Readonly<Record<string, number>> = {
  nano: 1 / 16,
  micro: 1 / 8,
  small: 1 / 4,
  medium: 1 / 2,
  large: 1,
  xlarge: 2,
};

/** Returns undefined for a type that is not in the table: the caller must say so, and never count it as free. */
export function onDemandDollarsPerHour(instanceType: string): number | undefined {
  const listed = DOLLARS_PER_HOUR[instanceType];
  if (listed !== undefined) return listed;
  const [family = '', size = ''] = instanceType.split('.');
  const ofLarge = DOLLARS_PER_HOUR_OF_LARGE[family];
  const multiple = /^(\d+)xlarge$/.exec(size)?.[1];
  const larges = multiple === undefined ? SMALL_SIZES[size] : Number(multiple) * 2;
  return ofLarge === undefined || larges === undefined ? undefined : ofLarge * larges;
}

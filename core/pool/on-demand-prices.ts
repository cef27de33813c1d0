/**
 * On-demand prices of common types: Linux, us-east-1, dollars an hour, as AWS's price list had them on 2026-01-19
 * (https://aws.amazon.com/ec2/pricing/on-demand/). Within these families the price is proportional to the size.
 */
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

/** In families with accelerators the price is not proportional to the size. */
const DOLLARS_PER_HOUR: Readonly<Record<string, number>> = {
  'g4dn.xlarge': 0.526,
  'g4dn.2xlarge': 0.752,
  'g4dn.4xlarge': 1.204,
  'g5.xlarge': 1.006,
  'g5.2xlarge': 1.212,
  'g5.4xlarge': 1.624,
  'g6.xlarge': 0.8048,
  'g6.2xlarge': 0.9776,
  'g6.4xlarge': 1.3232,
  'p3.2xlarge': 3.06,
};

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

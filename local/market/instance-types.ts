/**
 * The instance types of the local cloud, with on-demand prices of us-east-1 (Linux):
 * https://aws.amazon.com/ec2/pricing/on-demand/
 */
export interface InstanceType {
  readonly name: string;
  readonly vcpus: number;
  readonly memoryMiB: number;
  readonly architecture: 'arm64' | 'x86_64';
  readonly manufacturer: 'amazon-web-services' | 'intel' | 'amd';
  readonly onDemandDollarsPerHour: number;
  readonly burstable: boolean;
  readonly currentGeneration: boolean;
  /** Undefined for a type without GPUs. */
  readonly gpus: GpuModel | undefined;
}

export interface GpuModel {
  readonly count: number;
  /** The name that DescribeInstanceTypes gives. */
  readonly name: string;
  /** The memory of one GPU. */
  readonly memoryMiB: number;
}

const table = `
c8g.large    2  4096  arm64  amazon-web-services 0.07976
c7g.medium   1  2048  arm64  amazon-web-services 0.0363
c7g.large    2  4096  arm64  amazon-web-services 0.0725
c7g.xlarge   4  8192  arm64  amazon-web-services 0.145
c7g.2xlarge  8  16384 arm64  amazon-web-services 0.29
c6g.large    2  4096  arm64  amazon-web-services 0.068
c6g.xlarge   4  8192  arm64  amazon-web-services 0.136
m8g.large    2  8192  arm64  amazon-web-services 0.08976
m7g.medium   1  4096  arm64  amazon-web-services 0.0408
m7g.large    2  8192  arm64  amazon-web-services 0.0816
m7g.xlarge   4  16384 arm64  amazon-web-services 0.1632
m7g.2xlarge  8  32768 arm64  amazon-web-services 0.3264
m6g.large    2  8192  arm64  amazon-web-services 0.077
m6g.xlarge   4  16384 arm64  amazon-web-services 0.154
r7g.large    2  16384 arm64  amazon-web-services 0.1071
r7g.xlarge   4  32768 arm64  amazon-web-services 0.2142
r6g.large    2  16384 arm64  amazon-web-services 0.1008
c7i.large    2  4096  x86_64 intel 0.08925
c7i.xlarge   4  8192  x86_64 intel 0.1785
c7a.large    2  4096  x86_64 amd   0.10264
c6i.large    2  4096  x86_64 intel 0.085
c6i.xlarge   4  8192  x86_64 intel 0.17
c6a.large    2  4096  x86_64 amd   0.0765
c5.large     2  4096  x86_64 intel 0.085
m7i.large    2  8192  x86_64 intel 0.1008
m7i.xlarge   4  16384 x86_64 intel 0.2016
m7a.large    2  8192  x86_64 amd   0.11592
m6i.large    2  8192  x86_64 intel 0.096
m6i.xlarge   4  16384 x86_64 intel 0.192
m6a.large    2  8192  x86_64 amd   0.0864
m5.large     2  8192  x86_64 intel 0.096
r7i.large    2  16384 x86_64 intel 0.1323
r6i.large    2  16384 x86_64 intel 0.126
t4g.small    2  2048  arm64  amazon-web-services 0.0168
t4g.medium   2  4096  arm64  amazon-web-services 0.0336
t3.medium    2  4096  x86_64 intel 0.0416
m4.large     2  8192  x86_64 intel 0.1
g5.xlarge    4  16384   x86_64 amd   1.006 1 A10G 24576
g5.12xlarge  48 196608  x86_64 amd   5.672 4 A10G 24576
g5.48xlarge  192 786432 x86_64 amd   16.288 8 A10G 24576
`;

const PREVIOUS_GENERATIONS = /^[a-z]+4\./;

export const instanceTypes: readonly InstanceType[] = table
  .trim()
  .split('\n')
  .map((line) => {
    const [name = '', vcpus, memoryMiB, architecture, manufacturer, price, ...gpu] = line.split(/\s+/);
    const [gpus, gpuName = '', gpuMemoryMiB] = gpu;
    return {
      name,
      vcpus: Number(vcpus),
      memoryMiB: Number(memoryMiB),
      architecture: architecture as InstanceType['architecture'],
      manufacturer: manufacturer as InstanceType['manufacturer'],
      onDemandDollarsPerHour: Number(price),
      burstable: name.startsWith('t'),
      currentGeneration: !PREVIOUS_GENERATIONS.test(name),
      gpus: gpus === undefined ? undefined : { count: Number(gpus), name: gpuName, memoryMiB: Number(gpuMemoryMiB) },
    };
  });

const byName = new Map(instanceTypes.map((type) => [type.name, type]));

export const instanceTypeNamed = (name: string): InstanceType | undefined => byName.get(name);

export const REGION = 'us-east-1';
export const ZONES: readonly string[] = ['a', 'b', 'c', 'd'].map((letter) => REGION + letter);
/**
 * Zones have the same id in every account; their letters differ:
 * https://docs.aws.amazon.com/ram/latest/userguide/working-with-az-ids.html
 */
export const zoneId = (zone: string): string => `use1-az${ZONES.indexOf(zone) + 1}`;

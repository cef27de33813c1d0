import { type InstanceType, instanceTypeNamed, instanceTypes } from '../../market/instance-types.js';
import type { Action } from '../action.js';
import { Ec2Error } from '../errors.js';
import { applyFilters, type Filterable } from '../filters.js';
import { page } from '../paging.js';
import type { XmlRecord } from '../xml.js';

const filterable: Filterable<InstanceType> = {
  fields: {
    'instance-type': (type) => [type.name],
    'current-generation': (type) => [String(type.currentGeneration)],
    'burstable-performance-supported': (type) => [String(type.burstable)],
    'processor-info.supported-architecture': (type) => [type.architecture],
    'vcpu-info.default-vcpus': (type) => [String(type.vcpus)],
    'supported-usage-class': () => ['on-demand', 'spot'],
    'supported-virtualization-type': () => ['hvm'],
    'supported-root-device-type': () => ['ebs'],
    'bare-metal': () => ['false'],
    hypervisor: () => ['nitro'],
    'instance-storage-supported': () => ['false'],
    'memory-info.size-in-mib': (type) => [String(type.memoryMiB)],
  },
};

export const describeInstanceTypes: Action = (query) => {
  const names = query.strings('InstanceType');
  const missing = names.filter((name) => instanceTypeNamed(name) === undefined);
  if (missing.length > 0) {
    throw new Ec2Error(
      'InvalidInstanceType',
      `The following supplied instance types do not exist in the local cloud: [${missing.join(', ')}]`,
    );
  }
  const chosen = instanceTypes.filter((type) => names.length === 0 || names.includes(type.name));
  const { items, nextToken } = page(applyFilters(chosen, query, filterable), query, (_, index) => index);
  return { instanceTypeSet: items.map(answer), nextToken };
};

const THREADS = { arm64: 1, x86_64: 2 } as const;

function answer(type: InstanceType): XmlRecord {
  const threads = type.vcpus === 1 ? 1 : THREADS[type.architecture];
  return {
    instanceType: type.name,
    currentGeneration: type.currentGeneration,
    bareMetal: false,
    hypervisor: 'nitro',
    burstablePerformanceSupported: type.burstable,
    instanceStorageSupported: false,
    supportedUsageClasses: ['on-demand', 'spot'],
    supportedRootDeviceTypes: ['ebs'],
    supportedVirtualizationTypes: ['hvm'],
    processorInfo: { supportedArchitectures: [type.architecture], manufacturer: type.manufacturer },
    vCpuInfo: { defaultVCpus: type.vcpus, defaultCores: type.vcpus / threads, defaultThreadsPerCore: threads },
    memoryInfo: { sizeInMiB: type.memoryMiB },
    gpuInfo: type.gpus && {
      gpus: [
        {
          name: type.gpus.name,
          manufacturer: 'NVIDIA',
          count: type.gpus.count,
          memoryInfo: { sizeInMiB: type.gpus.memoryMiB },
        },
      ],
      totalGpuMemoryInMiB: type.gpus.count * type.gpus.memoryMiB,
    },
  };
}

/**
 * Checks a wanted number of instances against the account's Spot quotas. A quota counts the vCPUs of some families of types; a fleet that reaches it stays
 * short without any error.
 */
import { needsOfText, type QuotaNeed, SPOT_QUOTAS, type SpotQuotaName } from '../contract/spot-quotas.js';
import { GPU_TYPES } from './on-demand-prices.js';

export interface QuotaFound extends QuotaNeed {
  /** The vCPUs that the account may run. */
  readonly vcpus: number;
}

/** A stack whose configuration says nothing about quotas has no needs that could be checked. */
export function quotaNeeds(stack: { readonly minVcpus?: number; readonly spotQuotas?: string }): readonly QuotaNeed[] {
  if (stack.spotQuotas !== undefined) return needsOfText(stack.spotQuotas) ?? [];
  return stack.minVcpus === undefined ? [] : [{ quota: 'standard', vcpusEach: stack.minVcpus }];
}

export interface GpuPool {
  readonly vcpus: { readonly min: number; readonly max?: number };
  readonly allowedInstanceTypes?: readonly string[] | undefined;
  readonly excludedInstanceTypes?: readonly string[] | undefined;
}

/** The quotas against which the instances of a pool of GPUs count: those of the known types that the fleet may take. */
export function quotaNeedsOfGpus({
  vcpus,
  allowedInstanceTypes,
  excludedInstanceTypes = [],
}: GpuPool): readonly QuotaNeed[] {
  const smallest = new Map<SpotQuotaName, number>();
  for (const type of GPU_TYPES) {
    const quota = quotaOfGpu(type);
    const size = vcpusOf(type);
    if (quota === undefined || size === undefined || size < vcpus.min || size > (vcpus.max ?? Infinity)) continue;
    if (allowedInstanceTypes !== undefined && !allowedInstanceTypes.some((pattern) => matchesPattern(type, pattern)))
      continue;
    if (excludedInstanceTypes.some((pattern) => matchesPattern(type, pattern))) continue;
    smallest.set(quota, Math.min(size, smallest.get(quota) ?? Infinity));
  }
  return [...smallest].map(([quota, vcpusEach]) => ({ quota, vcpusEach }));
}

function quotaOfGpu(type: string): SpotQuotaName | undefined {
  if (type.startsWith('g')) return 'g';
  if (type.startsWith('p5')) return 'p5';
  return /^p[234]/.test(type) ? 'p' : undefined;
}

/** In families with GPUs a size of `xlarge` has four vCPUs for each one that its name counts. EC2 leaves out bare metal by default. */
function vcpusOf(type: string): number | undefined {
  const [, size = ''] = type.split('.');
  if (size === 'large') return 2;
  const multiple = /^(\d*)xlarge$/.exec(size)?.[1];
  return multiple === undefined ? undefined : Number(multiple === '' ? 1 : multiple) * 4;
}

/** In a pattern of EC2 an asterisk stands for any characters. */
export const matchesPattern = (type: string, pattern: string): boolean =>
  new RegExp(`^${pattern.replaceAll(/[^\w*-]/g, '\\$&').replaceAll('*', '.*')}$`).test(type);

/** Returns a sentence when the quotas together are too small, and undefined when they are enough. */
export function quotaShortfall(instances: number, found: readonly QuotaFound[]): string | undefined {
  const possible = possibleInstances(found);
  if (found.length === 0 || instances <= possible) return undefined;
  const several = found.length > 1;
  const names = found.map(({ quota }) => `"${SPOT_QUOTAS[quota].name}"`).join(' or ');
  return (
    `The account's Spot ${several ? 'quotas are' : 'quota is'} ${found.map(({ vcpus }) => `${vcpus} vCPUs`).join(' and ')} in this region, ` +
    `enough for ${possible} of the ${instances} instances wanted (${found.map(({ vcpusEach }) => vcpusEach).join(' and ')} vCPUs each at least). ` +
    `${possible === 0 ? 'None will start.' : 'The others will not start.'} Request a higher quota: Service Quotas, Amazon EC2, ${names}.`
  );
}

const possibleInstances = (found: readonly QuotaFound[]): number =>
  found.reduce((sum, { vcpus, vcpusEach }) => sum + Math.floor(vcpus / vcpusEach), 0);

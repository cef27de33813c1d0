/** A local cloud with a stack on it, which lives as long as its owner. Both `run --local` and `local up` use it. */
import type { StackConfig } from '../../core/contract/stack.js';
import { definedFields } from '../../core/defined-fields.js';
import { type LocalCloud, type LocalCloudAddress, startLocalCloud } from './child.js';
import type { LocalCloudOptions } from './options.js';
import { installedFiles } from './paths.js';

export interface LocalStack {
  readonly config: StackConfig & Required<Pick<StackConfig, 'endpoint' | 'credentials'>>;
  readonly cloud: LocalCloud;
  /** The directory in which its buckets outlive it. */
  readonly data?: string;
}

/** Creates queues, bucket, launch template and fleet through the SDK. `runner/wiring/` implements it. */
export type ProvisionLocalStack = (
  address: LocalCloudAddress,
  options: LocalCloudOptions,
  signal: AbortSignal,
) => Promise<StackConfig>;

export async function startLocalStack(start: {
  readonly options: LocalCloudOptions;
  readonly data?: string | undefined;
  readonly env: NodeJS.ProcessEnv;
  readonly provision: ProvisionLocalStack;
  readonly signal: AbortSignal;
}): Promise<LocalStack> {
  const { options, data, env, signal } = start;
  const cloud = await startLocalCloud({ mainFile: installedFiles().localCloud, options, data, env, signal });
  try {
    const { endpoint, accessKeyId, secretAccessKey } = cloud.address;
    const config = await start.provision(cloud.address, options, signal);
    const credentials = { accessKeyId, secretAccessKey };
    return { config: { ...config, endpoint, credentials }, cloud, ...definedFields({ data }) };
  } catch (error) {
    await cloud.end();
    throw error;
  }
}

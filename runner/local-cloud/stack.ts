/** A local cloud with a stack on it, for as long as its owner lives: what `run --local` and `local up` both stand on. */
import type { StackConfig } from '../../core/contract/stack.js';
import { type LocalCloud, type LocalCloudAddress, startLocalCloud } from './child.js';
import type { LocalCloudOptions } from './options.js';
import { installedFiles } from './paths.js';

export interface LocalStack {
  readonly config: StackConfig & Required<Pick<StackConfig, 'endpoint' | 'credentials'>>;
  readonly cloud: LocalCloud;
}

/** Makes queues, bucket, launch template and fleet through the SDK (`runner/wiring/`). */
export type ProvisionLocalStack = (
  address: LocalCloudAddress,
  options: LocalCloudOptions,
  signal: AbortSignal,
) => Promise<StackConfig>;

export async function startLocalStack(start: {
  readonly options: LocalCloudOptions;
  readonly env: NodeJS.ProcessEnv;
  readonly provision: ProvisionLocalStack;
  readonly signal: AbortSignal;
}): Promise<LocalStack> {
  const { options, env, signal } = start;
  const cloud = await startLocalCloud({ mainFile: installedFiles().localCloud, options, env, signal });
  try {
    const { endpoint, accessKeyId, secretAccessKey } = cloud.address;
    const config = await start.provision(cloud.address, options, signal);
    return { config: { ...config, endpoint, credentials: { accessKeyId, secretAccessKey } }, cloud };
  } catch (error) {
    await cloud.end();
    throw error;
  }
}

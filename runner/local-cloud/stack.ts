/** A local cloud with a stack on it, which lives as long as its owner. Both `run --local` and `local up` use it. */
import type { StackConfig } from '../../core/contract/stack.js';
import { type LocalCloud, type LocalCloudAddress, startLocalCloud } from './child.js';
import type { LocalCloudOptions } from './options.js';
import { installedFiles } from './paths.js';

export interface LocalStack {
  readonly config: StackConfig & Required<Pick<StackConfig, 'endpoint' | 'credentials'>>;
  readonly cloud: LocalCloud;
}

/** Creates queues, bucket, launch template and fleet through the SDK. `runner/wiring/` implements it. */
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

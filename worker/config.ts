/** A worker's configuration, from its environment (docs/reference/configuration.md). */

import { definedFields } from '../core/defined-fields.js';

export interface WorkerConfig {
  readonly queueUrl: string;
  readonly bucket: string;
  readonly region: string;
  readonly endpoint?: string;
  readonly metadataEndpoint?: string;
  readonly leaseSeconds: number;
  readonly maxIdleMs: number;
  readonly maxLifeMs: number;
  /** Instances that share the machine (a local cloud): slots are chosen for a part of its cores and memory. 1 on AWS. */
  readonly sharedBy: number;
  /** Where models are unpacked and objects fetched. */
  readonly workDirectory?: string;
  /** SHA-256 of the published bundle that the worker is of; absent when it was there before the instance. */
  readonly bundle?: string;
}

/** For users: names the variable, what was wrong with it, and what to do. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** Short, because it is what a worker that vanishes costs; long enough for two beats to fail. */
const DEFAULT_LEASE_SECONDS = 20;
const DEFAULT_MAX_IDLE_SECONDS = 600;
const DEFAULT_MAX_LIFE_SECONDS = 24 * 3600;
/** Timers of Node.js reach no further than 24 days. */
const MAX_SECONDS = 20 * 24 * 3600;
const MAX_LEASE_SECONDS = 3600;
/** More than any machine can carry. */
const MAX_SHARED_BY = 10_000;

type Environment = Readonly<Record<string, string | undefined>>;

export function readConfig(environment: Environment): WorkerConfig {
  const endpoint = optional(environment, 'SPOTPOOL_ENDPOINT');
  const metadataEndpoint = optional(environment, 'AWS_EC2_METADATA_SERVICE_ENDPOINT');
  const workDirectory = optional(environment, 'SPOTPOOL_WORK_DIRECTORY');
  const bundle = optional(environment, 'SPOTPOOL_WORKER_SHA256');
  return {
    queueUrl: required(environment, 'SPOTPOOL_QUEUE_URL', "the URL of the stack's queue"),
    bucket: required(environment, 'SPOTPOOL_BUCKET', "the name of the stack's bucket"),
    region: required(environment, 'AWS_REGION', "the stack's region, such as eu-west-1"),
    leaseSeconds: seconds(environment, 'SPOTPOOL_LEASE_SECONDS', DEFAULT_LEASE_SECONDS, MAX_LEASE_SECONDS),
    maxIdleMs: seconds(environment, 'SPOTPOOL_MAX_IDLE_SECONDS', DEFAULT_MAX_IDLE_SECONDS, MAX_SECONDS) * 1000,
    maxLifeMs: seconds(environment, 'SPOTPOOL_MAX_LIFE_SECONDS', DEFAULT_MAX_LIFE_SECONDS, MAX_SECONDS) * 1000,
    sharedBy: whole(environment, 'SPOTPOOL_SHARED_BY', 'instances', MAX_SHARED_BY) ?? 1,
    ...definedFields({ endpoint, metadataEndpoint, workDirectory, bundle }),
  };
}

const optional = (environment: Environment, name: string): string | undefined => {
  const value = environment[name]?.trim();
  return value === '' ? undefined : value;
};

function required(environment: Environment, name: string, what: string): string {
  const value = optional(environment, name);
  if (value !== undefined) return value;
  throw new ConfigError(`The environment variable ${name} is missing: set it to ${what}.`);
}

const seconds = (environment: Environment, name: string, otherwise: number, most: number): number =>
  whole(environment, name, 'seconds', most) ?? otherwise;

function whole(environment: Environment, name: string, what: string, most: number): number | undefined {
  const text = optional(environment, name);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw new ConfigError(`The environment variable ${name} is "${text}": set it to whole ${what} from 1 to ${most}.`);
}

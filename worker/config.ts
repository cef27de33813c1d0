/** A worker's configuration: one row for each environment variable. The type and the configuration reference derive from the table. */
import { LEASE_SECONDS } from '../core/batch/lease-length.js';
import { ALIVE_VARIABLE } from '../core/contract/alive-file.js';
import { definedFields } from '../core/defined-fields.js';

interface Row<Value> {
  readonly variable: string;
  /** A noun phrase, which completes "set it to …". */
  readonly help: string;
  /** Without this variable the worker does not start. */
  readonly required?: true;
  /** The text that counts when the variable is not set. */
  readonly byDefault?: string;
  readonly read: (text: string) => Value | undefined;
  /** The values, in words that complete "set it to …", for a text that cannot be read. */
  readonly values?: string;
}

/** Timers of Node.js reach no further than 24 days. */
const MAX_SECONDS = 20 * 24 * 3600;
const MAX_LEASE_SECONDS = 3600;
/** No machine can carry more. */
const MAX_SHARED_BY = 10_000;

const asIs = (text: string): string => text;

const whole = (of: string, most: number, unit = 1): Pick<Row<number>, 'read' | 'values'> => ({
  read: (text) => {
    const value = Number(text);
    return Number.isInteger(value) && value >= 1 && value <= most ? value * unit : undefined;
  },
  values: `a whole number of ${of} from 1 to ${most}`,
});

export const WORKER_VARIABLES = {
  queueUrl: {
    variable: 'SPOTPOOL_QUEUE_URL',
    help: "the URL of the stack's queue",
    required: true,
    read: asIs,
  },
  bucket: {
    variable: 'SPOTPOOL_BUCKET',
    help: "the name of the stack's bucket",
    required: true,
    read: asIs,
  },
  region: {
    variable: 'AWS_REGION',
    help: "the stack's region, such as eu-west-1",
    required: true,
    read: asIs,
  },
  endpoint: {
    variable: 'SPOTPOOL_ENDPOINT',
    help: 'one endpoint for all AWS services',
    read: asIs,
  },
  metadataEndpoint: {
    variable: 'AWS_EC2_METADATA_SERVICE_ENDPOINT',
    help: "the endpoint of the instance's metadata, where it is not EC2's",
    read: asIs,
  },
  leaseSeconds: {
    variable: 'SPOTPOOL_LEASE_SECONDS',
    help: 'the length of the leases that the worker takes, in seconds',
    byDefault: String(LEASE_SECONDS),
    ...whole('seconds', MAX_LEASE_SECONDS),
  },
  maxIdleMs: {
    variable: 'SPOTPOOL_MAX_IDLE_SECONDS',
    help: 'the time without work after which the worker ends its instance, in seconds',
    byDefault: '600',
    ...whole('seconds', MAX_SECONDS, 1000),
  },
  maxLifeMs: {
    variable: 'SPOTPOOL_MAX_LIFE_SECONDS',
    help: 'the time after which the worker ends its instance whatever happens, in seconds',
    byDefault: '86400',
    ...whole('seconds', MAX_SECONDS, 1000),
  },
  sharedBy: {
    variable: 'SPOTPOOL_SHARED_BY',
    help: 'the number of instances that share the machine, as on a local cloud: each chooses its slots for a part of the cores and memory',
    byDefault: '1',
    ...whole('instances', MAX_SHARED_BY),
  },
  workDirectory: {
    variable: 'SPOTPOOL_WORK_DIRECTORY',
    help: "the folder for unpacked models and fetched objects, where it is not the system's temporary folder",
    read: asIs,
  },
  aliveFile: {
    variable: ALIVE_VARIABLE,
    help: 'the file in which the worker shows that its loop turns; the machine kills a worker that stops doing so',
    read: asIs,
  },
  python: {
    variable: 'SPOTPOOL_PYTHON',
    help: 'the path of the Python interpreter for models, where it is not `python3` on the PATH',
    read: asIs,
  },
  bundle: {
    variable: 'SPOTPOOL_WORKER_SHA256',
    help: 'the SHA-256 of the published bundle that the worker comes from. It is absent when the worker was on the machine before the instance',
    read: asIs,
  },
} as const satisfies Readonly<Record<string, Row<string | number>>>;

type Table = typeof WORKER_VARIABLES;
type Value<Name extends keyof Table> = NonNullable<ReturnType<Table[Name]['read']>>;
type CertainName = {
  [Name in keyof Table]: Table[Name] extends { readonly required: true } | { readonly byDefault: unknown }
    ? Name
    : never;
}[keyof Table];

export type WorkerConfig = { readonly [Name in CertainName]: Value<Name> } & {
  readonly [Name in Exclude<keyof Table, CertainName>]?: Value<Name>;
};

/** Tells users the name of a variable, what is wrong with it, and what to do. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

type Environment = Readonly<Record<string, string | undefined>>;

export function readConfig(environment: Environment): WorkerConfig {
  const rows = Object.entries<Row<string | number>>(WORKER_VARIABLES);
  const values = Object.fromEntries(rows.map(([name, row]) => [name, readRow(row, environment)]));
  return definedFields(values) as unknown as WorkerConfig;
}

function readRow(row: Row<string | number>, environment: Environment): string | number | undefined {
  const { variable, help, values } = row;
  const text = environment[variable]?.trim() || row.byDefault;
  if (text === undefined) {
    if (row.required) throw new ConfigError(`The environment variable ${variable} is missing: set it to ${help}.`);
    return undefined;
  }
  const value = row.read(text);
  if (value !== undefined) return value;
  throw new ConfigError(`The environment variable ${variable} is "${text}": set it to ${values ?? help}.`);
}

/**
 * The properties of a pool, one row each: the row's rule and the comment above it. The type, the check of the properties, the CDK context and the
 * configuration reference derive from this table. Every default is safe, and costs next to nothing while idle.
 */
import type { Architecture } from '../core/contract/stack.js';
import { definedFields } from '../core/defined-fields.js';
import { DEFAULT_PYTHON, PYTHON_VERSIONS, type PythonVersion } from './boot/pythons.js';
import { GPU_DEFAULTS } from './gpu-defaults.js';
import { flag, form, hiddenForm, list, oneOf, range, type Rule, text, whole } from './property-rules.js';

export type { Range } from './property-rules.js';

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/fleet-quotas.html */
const MAX_FLEET_TARGET = 10_000;
/** The image of Amazon Linux 2023 alone takes this much. */
const MIN_ROOT_GIB = 8;
/** A gp3 volume may have this much. */
const MAX_ROOT_GIB = 16_384;
const MAX_ZONES = 6;
/** Boot and one lease must fit. */
const MIN_SECONDS = 60;
/** The worker has this bound itself, because timers of Node.js reach no further. */
const MAX_SECONDS = 20 * 86_400;
/** An alarm looks back a day at most. https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html */
const MAX_STALL_MINUTES = 1_440;
/** Messages of a job live 13 days, and its objects must outlive them. */
const MIN_RETENTION_DAYS = 14;
const MAX_RETENTION_DAYS = 36_500;
/**
 * EC2 refuses a launch whose tags are shown in the metadata and have other characters; the name of a schedule has fewer still. The group of the
 * switch is called `<name>-switch`, in 64 characters. https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateScheduleGroup.html
 */
const NAME = /^[A-Za-z0-9_.-]{1,57}$/;
const INSTANCE_TYPE = /^[a-z0-9.*-]{1,30}$/;
/** dnf takes a name that ends in .rpm for a file or an address, one with a slash for a file, one with `@` for a group, and one with `-` first for an option. */
const PACKAGE = /^(?!.*\.rpm$)[A-Za-z0-9][A-Za-z0-9._+-]{0,99}$/;
const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const SECRET_ARN = /^arn:[^:]+:secretsmanager:[^:]+:\d{12}:secret:.+$/;
/** The controller may read this one secret, so its ARN has no wildcard. */
const ONE_SECRET_ARN = /^arn:[^:*?]+:secretsmanager:[^:*?]+:\d{12}:secret:[^*?\s]+$/;
const instanceTypes = list(INSTANCE_TYPE, 'give types such as c7g.large or c7g.*');

export const PROPERTIES = {
  /** The pool's fleet and instances are tagged with this name, and its dead-man's switch is called by it. Default: the stack's name. */
  name: form(NAME, 'use letters, digits, "_", "." and "-", 57 at most'),
  /** The most instances that this stack runs at once. */
  maxWorkers: whole(1, MAX_FLEET_TARGET, 10),

  /** The instances' processors. `arm64` is cheaper for the same work. A pool with `gpus` has `x86_64` by default. */
  architecture: oneOf<Architecture>(['arm64', 'x86_64'], 'arm64'),
  /** The vCPUs of an instance. A wide range means many Spot pools, and so fewer reclaims. A pool with `gpus` has `{"min":4}` by default. */
  vcpus: range({ min: 2, max: 8 }),
  /** The memory of an instance in MiB. */
  memoryMib: range({ min: 4096 }),
  /**
   * The NVIDIA GPUs of an instance, such as `{"min": 1, "max": 1}`. The image is then AWS's newest Deep Learning base image when the launch template is made.
   * Types with a fraction of a GPU (`g6f.*`, `gr6f.*`) come only by `allowedInstanceTypes`. Default: none.
   */
  gpus: range(),
  /** The fleet uses only these instance types, such as `c7g.*`, of those that fit. Not together with `excludedInstanceTypes`. */
  allowedInstanceTypes: instanceTypes,
  /** The fleet uses all instance types that fit but these. */
  excludedInstanceTypes: instanceTypes,
  /**
   * The size of the encrypted root volume in GiB. It holds the system, and models and fetched objects where an instance has no storage of its own (NVMe). A
   * pool with `gpus` has 100 by default, and 75 at least for the image's sake.
   */
  rootVolumeGib: whole(MIN_ROOT_GIB, MAX_ROOT_GIB, 20),

  /**
   * The machine image. An image of your own needs systemd, bash, the AWS CLI, and dnf with `nodejs24` and the Python in reach, or `/usr/bin/node-24` and `/usr/bin/python3.13`. Default: the newest
   * Amazon Linux 2023 when the launch template is made.
   */
  imageId: form(/^ami-[0-9a-f]{8,17}$/, 'give the id of a machine image, such as ami-0123456789abcdef0'),
  /**
   * Any text. Another text makes a new launch template with the newest image, and so a new fleet: change it while nothing runs. A deploy alone never
   * renews the image, because it would replace a fleet that may be at work (docs/decisions/0005-…).
   */
  imageRevision: text(),

  /** The Python for models, from the distribution's packages: `/usr/bin/python3.13`. `submit` locks a model's dependencies for it. */
  python: oneOf<PythonVersion>(
    PYTHON_VERSIONS,
    DEFAULT_PYTHON,
    `give one of ${PYTHON_VERSIONS.map((version) => `"${version}"`).join(', ')}, in quotes`,
  ),
  /**
   * Packages of Amazon Linux 2023's own repository that every instance installs at boot, such as `["git", "gcc"]`. Each makes the boot longer. A name that
   * no package has ends the boot.
   */
  packages: list(PACKAGE, "give names of the distribution's packages, such as git or gcc-c++", []),

  /** A VPC of your own, which needs `subnetIds` too. Default: the stack makes one with public subnets and no NAT gateway. */
  vpcId: form(/^vpc-[0-9a-f]{8,17}$/, 'give the id of a VPC, such as vpc-0123456789abcdef0'),
  /** Subnets of `vpcId`, one in each zone that the pool may use: a fleet takes no two subnets of one zone. */
  subnetIds: list(/^subnet-[0-9a-f]{8,17}$/, 'give ids such as subnet-0123456789abcdef0'),
  /** The VPC that the stack makes spans this many of the region's zones. A region with two zones needs 2. */
  zones: whole(1, MAX_ZONES, 3),
  /**
   * Instances reach S3 and SQS through endpoints of the VPC and nothing else, so that `submit` refuses `--setup`. This costs about $7 a month for each
   * zone, also while idle. A VPC of your own must have the endpoints itself.
   */
  isolated: flag(false),

  /**
   * The stack makes the role with which EC2 Fleet itself acts (`AWSServiceRoleForEC2Fleet`). An account has one such role: set this only in an account
   * that has none, or the deploy fails. The role stays when the stack is deleted.
   */
  createServiceLinkedRole: flag(false),
  /** The owners of the account may open shells on instances through AWS Systems Manager. */
  sessionManager: flag(false),
  /** Buckets of yours from which jobs read their input and weights (`s3://…`): workers and the CLI's users may list and read them. */
  inputBuckets: list(BUCKET, 'give names of buckets, without s3://', []),
  /** Secrets of AWS Secrets Manager that jobs may ask for: workers may read them. */
  secretArns: list(SECRET_ARN, 'give whole ARNs of secrets', []),

  /** The controller raises and lowers the fleet: a Lambda function each minute, or the CLI alone while a command follows a job. */
  controller: oneOf<'lambda' | 'cli'>(['lambda', 'cli'], 'lambda'),
  /** The folder with the controller's bundle. Default: the one that came with spotpool. */
  controllerDirectory: text(),
  /** An instance without work ends itself after this many seconds. */
  maxIdleSeconds: whole(MIN_SECONDS, MAX_SECONDS, 600),
  /** An instance ends itself after this many seconds, whatever happens. */
  maxLifeSeconds: whole(MIN_SECONDS, MAX_SECONDS, 86_400),

  /** This address hears of alarms, of jobs that end and of jobs that need attention. AWS sends a mail that must be confirmed. Default: nobody. */
  notifyEmail: form(/^[^@\s]+@[^@\s]+$/, 'give one mail address'),
  /**
   * The whole ARN of a secret of AWS Secrets Manager that holds an address: the controller posts the end of each job there, once (docs/how-to/notifications.md).
   * Default: nowhere.
   */
  notifySecretArn: hiddenForm(ONE_SECRET_ARN, 'give the whole ARN of one secret (arn:aws:secretsmanager:…:secret:…)'),
  /** An alarm goes off when work is left and nothing was committed for this many minutes. Set it above the time of your longest batch. */
  stallMinutes: whole(1, MAX_STALL_MINUTES, 30),
  /** Everything of a job, results too, is deleted this many days after it was written. Default: kept. */
  jobRetentionDays: whole(MIN_RETENTION_DAYS, MAX_RETENTION_DAYS),
} as const satisfies Readonly<Record<string, Rule<unknown>>>;

type Table = typeof PROPERTIES;
type Value<Name extends keyof Table> = Table[Name] extends Rule<infer Held> ? Held : never;

export type SpotPoolProps = { readonly [Name in keyof Table]?: Value<Name> };

type DefaultedName = {
  [Name in keyof Table]: Table[Name] extends { readonly byDefault: unknown } ? Name : never;
}[keyof Table];

/** The properties of a pool after the defaults. */
export type Settings = SpotPoolProps & { readonly [Name in DefaultedName | 'name']: Value<Name> };

export const withDefaults = (props: SpotPoolProps, stackName: string): Settings => {
  const defaults = Object.fromEntries(
    Object.entries<Rule<unknown>>(PROPERTIES).map(([name, { byDefault }]) => [name, byDefault]),
  ) as Pick<Settings, DefaultedName>;
  const ofGpus = props.gpus === undefined ? {} : GPU_DEFAULTS;
  return { name: stackName, ...definedFields(defaults), ...ofGpus, ...definedFields(props) };
};

/** What a pool can be told, and what is wrong with what it was told. Everything has a default that is safe and costs nothing while idle. */

export type Architecture = 'arm64' | 'x86_64';

export interface Range {
  readonly min: number;
  /** No upper bound when absent. */
  readonly max?: number;
}

export interface SpotPoolProps {
  /** What the pool's fleet and instances are tagged with, and how its dead-man's switch is called. Default: the stack's name. */
  readonly name?: string;
  /** The most instances that this stack ever runs at once. Default: 10. */
  readonly maxWorkers?: number;

  /** The processors of its instances. Default: `arm64`, which is cheaper for the same work. */
  readonly architecture?: Architecture;
  /** vCPUs of an instance. Default: 2 to 8. A wide range means many Spot pools, and so fewer reclaims. */
  readonly vcpus?: Range;
  /** Memory of an instance in MiB. Default: 4,096 and more. */
  readonly memoryMib?: Range;
  /** NVIDIA GPUs of an instance. Default: none. Needs `imageId`, an image with the drivers. */
  readonly gpus?: Range;
  /** Only these instance types, such as `c7g.*`, of those that fit. Not together with `excludedInstanceTypes`. */
  readonly allowedInstanceTypes?: readonly string[];
  /** All instance types that fit but these. */
  readonly excludedInstanceTypes?: readonly string[];
  /** Size of the encrypted root volume in GiB: the system, models, fetched objects. Default: 20. */
  readonly rootVolumeGib?: number;

  /**
   * The machine image. Default: the newest Amazon Linux 2023 when the launch template is made. An image of your own needs systemd, bash,
   * the AWS CLI, and dnf with `nodejs24` in reach or `/usr/bin/node-24`.
   */
  readonly imageId?: string;
  /**
   * Any text. Another text makes a new launch template, with the newest image, and so a new fleet: do it while nothing runs. A deploy alone
   * never renews the image, because it would replace a fleet that may be at work (docs/decisions/0005-…).
   */
  readonly imageRevision?: string;

  /** A VPC of your own; `subnetIds` then too. Default: one is made, with public subnets and no NAT gateway. */
  readonly vpcId?: string;
  /** Subnets of `vpcId`, one in each zone that the pool may use: a fleet takes no two subnets of one zone. */
  readonly subnetIds?: readonly string[];
  /** How many of the region's zones the VPC that is made spans. Default: 3; a region with two needs 2. */
  readonly zones?: number;
  /**
   * Instances reach S3 and SQS through endpoints of the VPC and nothing else, so that `submit` refuses `--setup`. Costs about $7 a month for each
   * zone, also while idle. A VPC of your own must have the endpoints itself. Default: false.
   */
  readonly isolated?: boolean;

  /**
   * Makes the role that EC2 Fleet itself acts with (`AWSServiceRoleForEC2Fleet`), one of which an account has: true only in an account that has none, or the
   * deploy fails. It stays when the stack is deleted. Default: false.
   */
  readonly createServiceLinkedRole?: boolean;
  /** Shells on instances through AWS Systems Manager. Default: false. */
  readonly sessionManager?: boolean;
  /** Buckets of yours that jobs read their input from (`s3://…`): workers and the CLI's users may list and read them. Default: none. */
  readonly inputBuckets?: readonly string[];
  /** Secrets of AWS Secrets Manager that jobs may ask for: workers may read them. Default: none. */
  readonly secretArns?: readonly string[];

  /** Who raises and lowers the fleet: a Lambda function, each minute, or the CLI alone, while a command follows. Default: `lambda`. */
  readonly controller?: 'lambda' | 'cli';
  /** The folder with the controller's bundle. Default: the one that came with spotpool. */
  readonly controllerDirectory?: string;
  /** An instance without work ends itself after this. Default: 600. */
  readonly maxIdleSeconds?: number;
  /** An instance ends itself after this whatever happens. Default: 86,400, a day. */
  readonly maxLifeSeconds?: number;

  /** Told when a job ends or needs attention, and of alarms. AWS sends a mail that has to be confirmed. Default: nobody. */
  readonly notifyEmail?: string;
  /** Work is left and nothing was committed for this long: an alarm. Set it above the time of your longest batch. Default: 30. */
  readonly stallMinutes?: number;
  /** Everything of a job, results too, is deleted so many days after it was written. Default: kept. */
  readonly jobRetentionDays?: number;
}

export type Settings = SpotPoolProps &
  Required<
    Pick<
      SpotPoolProps,
      | 'maxWorkers'
      | 'architecture'
      | 'vcpus'
      | 'memoryMib'
      | 'rootVolumeGib'
      | 'zones'
      | 'isolated'
      | 'sessionManager'
      | 'createServiceLinkedRole'
      | 'inputBuckets'
      | 'secretArns'
      | 'controller'
      | 'maxIdleSeconds'
      | 'maxLifeSeconds'
      | 'stallMinutes'
    >
  > & { readonly name: string };

const DEFAULTS = {
  maxWorkers: 10,
  architecture: 'arm64',
  vcpus: { min: 2, max: 8 },
  memoryMib: { min: 4096 },
  rootVolumeGib: 20,
  zones: 3,
  isolated: false,
  sessionManager: false,
  createServiceLinkedRole: false,
  inputBuckets: [],
  secretArns: [],
  controller: 'lambda',
  maxIdleSeconds: 600,
  maxLifeSeconds: 86_400,
  stallMinutes: 30,
} as const satisfies SpotPoolProps;

export const withDefaults = (props: SpotPoolProps, stackName: string): Settings => {
  const given = Object.fromEntries(Object.entries(props).filter(([, value]) => value !== undefined));
  return { name: stackName, ...DEFAULTS, ...given };
};

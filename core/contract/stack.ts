/** Which stack a command talks to: the same for AWS, LocalStack and the local cloud. */
export interface StackConfig {
  readonly name: string;
  readonly region: string;
  readonly queueUrl: string;
  readonly deadLetterQueueUrl: string;
  readonly bucket: string;
  /** `fleet-…` (EC2 Fleet) or `sfr-…` (Spot Fleet). */
  readonly fleetId: string;
  /** The stack's maximum of instances. */
  readonly maxWorkers: number;
  /** vCPUs of the smallest instance of the fleet; unknown when it takes others than the standard families. */
  readonly minVcpus?: number;
  /** How long an instance may live; unknown when the stack does not say. */
  readonly maxLifeSeconds?: number;
  /** Something of the stack's own raises and lowers the fleet, also when no command follows a job. */
  readonly controlled?: boolean;
  /** Its instances run the worker of the installation that made them, and none from the bucket: nothing is published. */
  readonly installedWorker?: boolean;
  /** The function that controls the stack, woken by whoever submits; the stack's name for it. */
  readonly controllerFunction?: string;
  /** Where people are told of jobs' ends. */
  readonly topicArn?: string;
  /** For the dead-man's switch: without it nobody may raise the fleet (R9). */
  readonly scheduler?: SchedulerConfig;
  /** The CloudFormation stack that is this pool and nothing else, by its ARN; a pool within a stack of the user's own has none. */
  readonly stackId?: string;
  /** Of the instances' processors; unknown when the stack does not say. */
  readonly architecture?: Architecture;
  /** Instances reach S3 and SQS alone. */
  readonly isolated?: boolean;
  /** One endpoint for all services; the SDK's own when absent. */
  readonly endpoint?: string;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

export type Architecture = 'arm64' | 'x86_64';

export interface SchedulerConfig {
  /** What EventBridge Scheduler assumes to modify the fleet. */
  readonly roleArn: string;
  readonly groupName: string;
}

/** Every account has it. */
export const DEFAULT_SCHEDULE_GROUP = 'default';

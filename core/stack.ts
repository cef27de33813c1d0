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
  /** Something of the stack's own raises and lowers the fleet, also when no command follows a job. */
  readonly controlled?: boolean;
  /** The function that controls the stack, woken by whoever submits; the stack's name for it. */
  readonly controllerFunction?: string;
  /** Where people are told of jobs' ends. */
  readonly topicArn?: string;
  /** One endpoint for SQS, S3 and EC2; the SDK's own when absent. */
  readonly endpoint?: string;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

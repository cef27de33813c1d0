/**
 * What outlives every instance: the input queue with its dead letters, and the results bucket. Everything durable about a
 * job is in the bucket; the queue only says what is left to do (docs/reference/keys.md).
 */
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { AnyPrincipal, Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { BlockPublicAccess, Bucket, BucketEncryption, type LifecycleRule, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { attentionPrefix, exitTicketsPrefix, instancesPrefix, jobsPrefix } from '../core/contract/keys.js';
import { SHORT_LIVED_TAG } from '../core/contract/tags.js';

/** A backstop only: reclaims are no attempts, and attempts are counted by us (R4). SQS allows 1 to 1,000. */
export const MAX_RECEIVE_COUNT = 1000;

/** A day less than SQS's maximum, because a dead letter's age counts from when it was first sent. */
const QUEUE_RETENTION_DAYS = 13;
const DEAD_LETTER_RETENTION_DAYS = 14;

/** Uploads that broke off are billed until they are aborted. https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpu-abort-incomplete-mpu-lifecycle-config.html */
const INCOMPLETE_UPLOAD_DAYS = 3;
/** Longer than a message can live, and so than any batch that could still read a partial. */
const SHORT_LIVED_DAYS = 30;
/** No worker lives longer than 20 days, so nobody reads an older ticket. */
const EXIT_TICKET_DAYS = 30;
/** Boot logs, last words, what was told: for as long as somebody may ask why. */
const INSTANCE_DAYS = 90;
/** What was deleted or written over by mistake can be had back for so long. */
const OLD_VERSION_DAYS = 7;

export interface JobStoreProps {
  readonly jobRetentionDays?: number | undefined;
}

export class JobStore extends Construct {
  readonly queue: Queue;
  readonly deadLetterQueue: Queue;
  readonly bucket: Bucket;

  constructor(scope: Construct, id: string, { jobRetentionDays }: JobStoreProps = {}) {
    super(scope, id);
    this.deadLetterQueue = new Queue(this, 'DeadLetters', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(DEAD_LETTER_RETENTION_DAYS),
    });
    this.queue = new Queue(this, 'Input', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(QUEUE_RETENTION_DAYS),
      deadLetterQueue: { queue: this.deadLetterQueue, maxReceiveCount: MAX_RECEIVE_COUNT },
    });
    this.bucket = new Bucket(this, 'Results', {
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      versioned: true,
      removalPolicy: RemovalPolicy.RETAIN,
      lifecycleRules: lifecycleRules(jobRetentionDays),
    });
    this.bucket.addToResourcePolicy(this.#outcomesAreWrittenOnce());
  }

  /**
   * R1 without trust in any writer: an outcome is only ever put where there is none. Creating a multipart upload and its parts carry no conditions
   * and are exempt; completing it is not. https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes-enforce.html
   */
  #outcomesAreWrittenOnce(): PolicyStatement {
    return new PolicyStatement({
      sid: 'OutcomesAreWrittenOnce',
      effect: Effect.DENY,
      principals: [new AnyPrincipal()],
      actions: ['s3:PutObject'],
      resources: [this.bucket.arnForObjects(`${jobsPrefix}*/results/*`)],
      conditions: { Null: { 's3:if-none-match': 'true' }, Bool: { 's3:ObjectCreationOperation': 'true' } },
    });
  }
}

function lifecycleRules(jobRetentionDays: number | undefined): LifecycleRule[] {
  const rules: LifecycleRule[] = [
    {
      id: 'IncompleteUploads',
      abortIncompleteMultipartUploadAfter: Duration.days(INCOMPLETE_UPLOAD_DAYS),
    },
    {
      id: 'OldVersions',
      noncurrentVersionExpiration: Duration.days(OLD_VERSION_DAYS),
      expiredObjectDeleteMarker: true,
    },
    {
      // A job's id stands before "partial/" and "events/", so that no prefix names them: their writer tags them.
      id: 'PartialsAndEvents',
      prefix: jobsPrefix,
      tagFilters: { [SHORT_LIVED_TAG.key]: SHORT_LIVED_TAG.value },
      expiration: Duration.days(SHORT_LIVED_DAYS),
    },
    { id: 'ExitTickets', prefix: exitTicketsPrefix, expiration: Duration.days(EXIT_TICKET_DAYS) },
    { id: 'Instances', prefix: instancesPrefix, expiration: Duration.days(INSTANCE_DAYS) },
    { id: 'Attention', prefix: attentionPrefix, expiration: Duration.days(INSTANCE_DAYS) },
  ];
  if (jobRetentionDays !== undefined) {
    rules.push({ id: 'Jobs', prefix: jobsPrefix, expiration: Duration.days(jobRetentionDays) });
  }
  return rules;
}

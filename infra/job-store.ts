/**
 * The stores that outlive every instance: the input queue, the dead-letter queue, and the results bucket. Everything durable about a job is in the bucket;
 * the queue only says what is left to do (docs/reference/keys.md).
 */
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { AnyPrincipal, Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { BlockPublicAccess, Bucket, BucketEncryption, type LifecycleRule, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import {
  attentionPrefix,
  exitTicketsPrefix,
  instancesPrefix,
  jobsPrefix,
  statusesPrefix,
} from '../core/contract/keys.js';
import { SHORT_LIVED_TAG } from '../core/contract/tags.js';

/** This count is a backstop only, because workers count attempts themselves, and a reclaim is not an attempt (R4). SQS allows 1 to 1,000. */
export const MAX_RECEIVE_COUNT = 1000;

/** One day less than SQS's maximum, because the age of a dead letter counts from the time at which it was first sent. */
const QUEUE_RETENTION_DAYS = 13;
const DEAD_LETTER_RETENTION_DAYS = 14;

/** Incomplete uploads are billed until they are aborted. https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpu-abort-incomplete-mpu-lifecycle-config.html */
const INCOMPLETE_UPLOAD_DAYS = 3;
/** Partials outlive every message, and so every batch that could still read one. */
const SHORT_LIVED_DAYS = 30;
/** No worker lives longer than 20 days, so nobody reads an older ticket. */
const EXIT_TICKET_DAYS = 30;
/** Boot logs, last logs and the marks of notices are kept as long as somebody may ask about them. */
const INSTANCE_DAYS = 90;
/** A status is written again each minute while its instance lives. Each pass lists them all, so those of ended instances go soon. */
const STATUS_DAYS = 1;
/** An object that was deleted or overwritten by mistake can be restored for this long. */
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
   * The bucket enforces R1, whoever writes: an outcome is only put where there is none. The requests that begin a multipart upload and send its parts
   * carry no conditions and are exempt; the request that completes it is not. https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes-enforce.html
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
      // A job's id comes before "partial/" and "events/", so no prefix matches them. Their writer tags them instead.
      id: 'PartialsAndEvents',
      prefix: jobsPrefix,
      tagFilters: { [SHORT_LIVED_TAG.key]: SHORT_LIVED_TAG.value },
      expiration: Duration.days(SHORT_LIVED_DAYS),
    },
    { id: 'ExitTickets', prefix: exitTicketsPrefix, expiration: Duration.days(EXIT_TICKET_DAYS) },
    { id: 'Instances', prefix: instancesPrefix, expiration: Duration.days(INSTANCE_DAYS) },
    {
      id: 'Statuses',
      prefix: statusesPrefix,
      expiration: Duration.days(STATUS_DAYS),
      noncurrentVersionExpiration: Duration.days(STATUS_DAYS),
    },
    { id: 'Attention', prefix: attentionPrefix, expiration: Duration.days(INSTANCE_DAYS) },
  ];
  if (jobRetentionDays !== undefined) {
    rules.push({ id: 'Jobs', prefix: jobsPrefix, expiration: Duration.days(jobRetentionDays) });
  }
  return rules;
}

/**
 * Bounds the time of every call to AWS, because the SDK sets no timeouts of its own (R11). The simulation's network gives up by the same numbers.
 * https://docs.aws.amazon.com/sdk-for-javascript/v3/developer-guide/node-configuring-maxsockets.html
 */

/** The fields are those of the SDK's clients and of their HTTP handlers. */
export interface CallLimits {
  readonly maxAttempts: number;
  readonly connectionTimeout: number;
  readonly requestTimeout: number;
  /** Without this option the SDK only logs that the request's time is over. */
  readonly throwOnRequestTimeout: boolean;
  readonly socketTimeout: number;
}

/** Within a region a connection takes milliseconds; a dead address must not cost more than this. */
const CONNECTION_TIMEOUT_MS = 5_000;
/** A socket on which nothing moves for this long counts as dead. Bodies that do move may take longer. */
const IDLE_SOCKET_MS = 30_000;
/** SQS, EC2 and the scheduler answer small requests in well under a second. */
const SMALL_REQUEST_MS = 15_000;
/** The time until the head of S3's answer, which includes the sending of a large body over a slow line. */
const OBJECT_REQUEST_MS = 300_000;
/** SQS holds a poll for 20 s at most; the rest is for the network. */
const POLL_REQUEST_MS = 30_000;
/** A burst of 503 or throttling is over in seconds: four retries with the SDK's jittered backoff take longer. */
const MAX_ATTEMPTS = 5;

const limits = (requestTimeout: number, socketTimeout: number): CallLimits => ({
  maxAttempts: MAX_ATTEMPTS,
  connectionTimeout: CONNECTION_TIMEOUT_MS,
  requestTimeout,
  throwOnRequestTimeout: true,
  socketTimeout,
});

export const OBJECT_CALLS = limits(OBJECT_REQUEST_MS, IDLE_SOCKET_MS);
/** These are all calls apart from S3's and long polls. */
export const SMALL_CALLS = limits(SMALL_REQUEST_MS, SMALL_REQUEST_MS);
export const POLLS = limits(POLL_REQUEST_MS, POLL_REQUEST_MS);

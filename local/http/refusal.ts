/** What the front door refuses, whatever the request was for, said as each service says it. Services pass it on as it is. */
import type { Service } from './service.js';

export type RefusalReason = 'throttled' | 'internal' | 'unavailable';

interface Form {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  /** The error's name in the JSON protocols, if it is not the code. */
  readonly shape?: string;
}

export class Refusal extends Error implements Form {
  override readonly name = 'Refusal';
  readonly status: number;
  readonly code: string;
  readonly shape: string;

  constructor(service: Service['name'], reason: RefusalReason) {
    const { status, code, message, shape } = FORMS[reason][service];
    super(message);
    this.status = status;
    this.code = code;
    this.shape = shape ?? code;
  }
}

type Forms = Readonly<Record<Service['name'], Form>>;

const FORMS: Readonly<Record<RefusalReason, Forms>> = {
  throttled: {
    // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/CommonErrors.html
    sqs: {
      status: 400,
      code: 'RequestThrottled',
      message: 'Request is throttled.',
      shape: 'com.amazonaws.sqs#RequestThrottled',
    },
    // https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
    s3: { status: 503, code: 'SlowDown', message: 'Please reduce your request rate.' },
    // https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
    ec2: { status: 503, code: 'RequestLimitExceeded', message: 'Request limit exceeded.' },
    // https://docs.aws.amazon.com/scheduler/latest/APIReference/CommonErrors.html
    scheduler: { status: 429, code: 'ThrottlingException', message: 'Rate exceeded' },
    // https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html
    sts: { status: 400, code: 'Throttling', message: 'Rate exceeded' },
    admin: { status: 429, code: 'Throttled', message: 'Too many requests.' },
  },
  internal: {
    sqs: { status: 500, code: 'InternalFailure', message: 'The request processing has failed.' },
    s3: { status: 500, code: 'InternalError', message: 'We encountered an internal error. Please try again.' },
    ec2: { status: 500, code: 'InternalError', message: 'An internal error has occurred.' },
    scheduler: { status: 500, code: 'InternalServerException', message: 'Internal server error.' },
    sts: { status: 500, code: 'InternalFailure', message: 'The request processing has failed.' },
    admin: { status: 500, code: 'InternalError', message: 'The local cloud failed.' },
  },
  unavailable: {
    sqs: { status: 503, code: 'ServiceUnavailable', message: 'The service is temporarily unavailable.' },
    s3: { status: 503, code: 'ServiceUnavailable', message: 'Service is unable to handle request.' },
    ec2: { status: 503, code: 'Unavailable', message: "The server is overloaded and can't handle the request." },
    scheduler: { status: 503, code: 'ServiceUnavailable', message: 'The service is temporarily unavailable.' },
    sts: { status: 503, code: 'ServiceUnavailable', message: 'The service is temporarily unavailable.' },
    admin: { status: 503, code: 'Unavailable', message: 'The local cloud is unavailable.' },
  },
};

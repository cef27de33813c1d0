/**
 * The messages of errors that the services share. Sources:
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/CommonErrors.html (the scheduler and STS
 * have the same)
 * https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
 */
import { definedFields } from '../defined-fields.js';
import type { Service } from './service.js';

export interface RefusalForm {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  /** The error's name in the JSON protocols, if it differs from the code. */
  readonly shape?: string;
}

interface RefusalForms {
  readonly of?: Readonly<Partial<Record<Service['name'], RefusalForm>>>;
  readonly others: RefusalForm;
}

export type RefusalReason =
  | 'throttled'
  | 'internal'
  | 'unavailable'
  | 'unsigned'
  | 'unsupported'
  | 'signed-twice'
  | 'malformed-header'
  | 'malformed-query'
  | 'date-missing'
  | 'skewed'
  | 'not-yet-valid'
  | 'expired'
  | 'unknown-key'
  | 'wrong-token'
  | 'host-unsigned'
  | 'headers-unsigned'
  | 'content-hash-missing'
  | 'content-hash-malformed'
  | 'wrong-signature'
  | 'not-allowed';

const form = (status: number, code: string, message: string, shape?: string): RefusalForm => ({
  status,
  code,
  message,
  ...definedFields({ shape }),
});

/** AWS does not say this, but users of the local cloud need it. */
const HINT = 'The local cloud knows only its own keys, which it printed when it started.';

const INVALID_TOKEN = `The security token included in the request is invalid. ${HINT}`;
const NOT_VALIDATED = 'AWS was not able to validate the provided access credentials.';
const UNSIGNED = `Request is missing Authentication Token. ${HINT}`;
const WRONG_SIGNATURE =
  'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.';
const EXPIRED = form(400, 'RequestExpired', 'Request has expired.');
const TOO_SKEWED = "The difference between the request time and the server's time is too large.";
const INCOMPLETE = form(
  400,
  'IncompleteSignature',
  'The request signature does not conform to AWS standards.',
  'IncompleteSignatureException',
);

export const REFUSALS: Readonly<Record<RefusalReason, RefusalForms>> = {
  throttled: {
    of: {
      sqs: form(400, 'RequestThrottled', 'Request is throttled.', 'com.amazonaws.sqs#RequestThrottled'),
      s3: form(503, 'SlowDown', 'Please reduce your request rate.'),
      ec2: form(503, 'RequestLimitExceeded', 'Request limit exceeded.'),
      scheduler: form(429, 'ThrottlingException', 'Rate exceeded'),
    },
    others: form(400, 'Throttling', 'Rate exceeded'),
  },
  internal: {
    of: {
      s3: form(500, 'InternalError', 'We encountered an internal error. Please try again.'),
      ec2: form(500, 'InternalError', 'An internal error has occurred.'),
      scheduler: form(500, 'InternalServerException', 'Internal server error.'),
    },
    others: form(500, 'InternalFailure', 'The request processing has failed.'),
  },
  unavailable: {
    of: {
      s3: form(503, 'ServiceUnavailable', 'Service is unable to handle request.'),
      ec2: form(503, 'Unavailable', "The server is overloaded and can't handle the request."),
    },
    others: form(503, 'ServiceUnavailable', 'The service is temporarily unavailable.'),
  },
  unsigned: {
    of: { s3: form(403, 'AccessDenied', `Access Denied. ${HINT}`) },
    others: form(403, 'MissingAuthenticationToken', UNSIGNED, 'MissingAuthenticationTokenException'),
  },
  unsupported: {
    of: {
      s3: form(
        400,
        'InvalidRequest',
        'The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.',
      ),
    },
    others: INCOMPLETE,
  },
  'signed-twice': {
    others: form(
      400,
      'InvalidArgument',
      'Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified',
    ),
  },
  'malformed-header': {
    of: { s3: form(400, 'AuthorizationHeaderMalformed', 'The authorization header is malformed;') },
    others: INCOMPLETE,
  },
  'malformed-query': {
    of: { s3: form(400, 'AuthorizationQueryParametersError', 'Error parsing the query parameters;') },
    others: INCOMPLETE,
  },
  'date-missing': {
    of: { s3: form(403, 'AccessDenied', 'AWS authentication requires a valid Date or x-amz-date header') },
    others: INCOMPLETE,
  },
  skewed: { of: { s3: form(403, 'RequestTimeTooSkewed', TOO_SKEWED) }, others: EXPIRED },
  'not-yet-valid': { of: { s3: form(403, 'AccessDenied', 'Request is not valid yet') }, others: EXPIRED },
  expired: { of: { s3: form(403, 'AccessDenied', 'Request has expired') }, others: EXPIRED },
  'unknown-key': {
    of: {
      s3: form(403, 'InvalidAccessKeyId', `The AWS Access Key Id you provided does not exist in our records. ${HINT}`),
      ec2: form(401, 'AuthFailure', `${NOT_VALIDATED} ${HINT}`),
    },
    others: form(403, 'InvalidClientTokenId', INVALID_TOKEN, 'UnrecognizedClientException'),
  },
  'wrong-token': {
    of: {
      s3: form(400, 'InvalidToken', 'The provided token is malformed or otherwise invalid.'),
      ec2: form(401, 'AuthFailure', NOT_VALIDATED),
    },
    others: form(403, 'InvalidClientTokenId', INVALID_TOKEN, 'UnrecognizedClientException'),
  },
  'host-unsigned': {
    of: { s3: form(403, 'AccessDenied', "'Host' must be a 'SignedHeader' in the AWS Authorization.") },
    others: form(
      403,
      'SignatureDoesNotMatch',
      "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
      'InvalidSignatureException',
    ),
  },
  'headers-unsigned': {
    others: form(403, 'AccessDenied', 'There were headers present in the request which were not signed'),
  },
  'content-hash-missing': {
    others: form(400, 'InvalidRequest', 'Missing required header for this request: x-amz-content-sha256'),
  },
  'content-hash-malformed': {
    others: form(
      400,
      'InvalidArgument',
      'x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid sha256 value.',
    ),
  },
  'wrong-signature': {
    of: { s3: form(403, 'SignatureDoesNotMatch', WRONG_SIGNATURE) },
    others: form(403, 'SignatureDoesNotMatch', WRONG_SIGNATURE, 'InvalidSignatureException'),
  },
  // The message is IAM's own sentence, which names the caller and the action.
  'not-allowed': {
    of: {
      ec2: form(403, 'UnauthorizedOperation', 'You are not authorized to perform this operation.'),
      scheduler: form(403, 'AccessDeniedException', 'Access denied.'),
    },
    others: form(403, 'AccessDenied', 'Access Denied.'),
  },
};

/** Predicates on AWS's error codes, so that no caller compares strings. */

interface AwsErrorFields {
  readonly name: string;
  readonly message: string;
  readonly status: number | undefined;
}

function fieldsOf(error: unknown): AwsErrorFields | undefined {
  if (!(error instanceof Error)) return undefined;
  const { $metadata } = error as Error & { readonly $metadata?: { readonly httpStatusCode?: number } };
  return { name: error.name, message: error.message, status: $metadata?.httpStatusCode };
}

/** The object does not exist. A missing bucket is 404 too, but it is a mistake that users must see. */
export function isMissingObject(error: unknown): boolean {
  const fields = fieldsOf(error);
  if (fields === undefined || fields.name === 'NoSuchBucket') return false;
  return fields.name === 'NoSuchKey' || fields.name === 'NotFound' || fields.status === 404;
}

/** The object ends before the requested range begins. https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
export function isBeyondObject(error: unknown): boolean {
  const fields = fieldsOf(error);
  return fields?.name === 'InvalidRange' || fields?.status === 416;
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html */
export function isPreconditionFailed(error: unknown): boolean {
  const fields = fieldsOf(error);
  return fields?.name === 'PreconditionFailed' || fields?.status === 412;
}

/** Two conditional writes of one key met, and S3 asks to send the put again. The page above explains it. */
export function isWriteConflict(error: unknown): boolean {
  const fields = fieldsOf(error);
  return fields?.name === 'ConditionalRequestConflict' || fields?.status === 409;
}

export function isAccessDenied(error: unknown): boolean {
  const fields = fieldsOf(error);
  return fields?.name === 'AccessDenied' || fields?.status === 403;
}

const LEASE_LOST_CODES = new Set(['ReceiptHandleIsInvalid', 'MessageNotInflight']);

/**
 * SQS reports that a receipt handle no longer leases its message by a code of its own, or by `InvalidParameterValue` with a text that the
 * handle (or the message's visibility) has expired. Codes come with and without the `AWS.SimpleQueueService.` prefix.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html
 */
export function isLeaseLost(code: string, message: string): boolean {
  const plain = code.slice(code.lastIndexOf('.') + 1);
  if (LEASE_LOST_CODES.has(plain)) return true;
  return plain.startsWith('InvalidParameterValue') && /expired|not available for visibility/i.test(message);
}

/**
 * The fleet is being modified, and accepts no other change until that is done.
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
 */
export function isFleetBusy(error: unknown): boolean {
  return fieldsOf(error)?.name === 'FleetNotInModifiableState';
}

/** EC2 refuses a modification that changes nothing, because the fleet has the requested target already. */
export function isNothingToChange(error: unknown): boolean {
  const fields = fieldsOf(error);
  return fields?.name === 'InvalidParameterCombination' && /no attributes specified/i.test(fields.message);
}

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html */
export function isFleetMissing(error: unknown): boolean {
  return /^Invalid(Fleet|SpotFleetRequest)Id\.NotFound$/.test(fieldsOf(error)?.name ?? '');
}

/** EC2 does not know the instance any more, or yet. It ends no instance of a list with such an id. */
export function isInstanceMissing(error: unknown): boolean {
  return fieldsOf(error)?.name === 'InvalidInstanceID.NotFound';
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html */
export function isStackMissing(error: unknown): boolean {
  const fields = fieldsOf(error);
  return fields?.name === 'ValidationError' && /does not exist/i.test(fields.message);
}

/** https://docs.aws.amazon.com/scheduler/latest/APIReference/API_UpdateSchedule.html */
export function isScheduleMissing(error: unknown): boolean {
  return fieldsOf(error)?.name === 'ResourceNotFoundException';
}

/** Another controller has created the schedule meanwhile. https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html */
export function isScheduleConflict(error: unknown): boolean {
  return fieldsOf(error)?.name === 'ConflictException';
}

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueUrl.html. SQS also uses an older code. */
export function isQueueMissing(error: unknown): boolean {
  return /QueueDoesNotExist|NonExistentQueue/.test(fieldsOf(error)?.name ?? '');
}

export function isBucketMissing(error: unknown): boolean {
  return fieldsOf(error)?.name === 'NoSuchBucket';
}

const EXISTS_CODES = new Set([
  'QueueNameExists',
  'BucketAlreadyOwnedByYou',
  'InvalidLaunchTemplateName.AlreadyExistsException',
]);

export function isAlreadyThere(error: unknown): boolean {
  return EXISTS_CODES.has(fieldsOf(error)?.name ?? '');
}

const SECRET_REFUSED_CODES = new Set([
  'AccessDeniedException',
  'ResourceNotFoundException',
  'InvalidParameterException',
  'InvalidRequestException',
  'ValidationException',
  'DecryptionFailure',
]);

/**
 * Secrets Manager has understood the request, and would give the same answer each time. Throttles and faults of the service or the network are not such answers.
 * https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
 */
export function isSecretRefused(error: unknown): boolean {
  return SECRET_REFUSED_CODES.has(fieldsOf(error)?.name ?? '');
}

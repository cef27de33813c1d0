/**
 * Errors in AWS's form: `__type` names the shape. The header `x-amzn-query-error` carries the older protocol's
 * code, from which the SDKs choose the class of the error.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/CommonErrors.html
 */
import { definedFields } from '../defined-fields.js';

interface Form {
  readonly type: string;
  readonly status: number;
  /** Absent for errors that occur before the service knows the operation. */
  readonly queryCode?: string;
}

const model = (name: string, queryCode: string, status = 400): Form => ({
  type: `com.amazonaws.sqs#${name}`,
  queryCode,
  status,
});
const legacy = (name: string): Form => model(name, `AWS.SimpleQueueService.${name}`);
const common = (name: string, queryCode?: string, status = 400): Form => ({
  type: `com.amazon.coral.service#${name}`,
  status,
  ...definedFields({ queryCode }),
});

const forms = {
  BatchEntryIdsNotDistinct: legacy('BatchEntryIdsNotDistinct'),
  BatchRequestTooLong: legacy('BatchRequestTooLong'),
  EmptyBatchRequest: legacy('EmptyBatchRequest'),
  InvalidAddress: model('InvalidAddress', 'InvalidAddress', 404),
  InvalidAttributeName: model('InvalidAttributeName', 'InvalidAttributeName'),
  InvalidAttributeValue: model('InvalidAttributeValue', 'InvalidAttributeValue'),
  InvalidBatchEntryId: legacy('InvalidBatchEntryId'),
  InvalidMessageContents: model('InvalidMessageContents', 'InvalidMessageContents'),
  InvalidParameterValue: common('InvalidParameterValueException', 'InvalidParameterValue'),
  MessageNotInflight: legacy('MessageNotInflight'),
  MissingParameter: common('MissingRequiredParameterException', 'MissingParameter'),
  OverLimit: model('OverLimit', 'OverLimit', 403),
  PurgeQueueInProgress: model('PurgeQueueInProgress', 'AWS.SimpleQueueService.PurgeQueueInProgress', 403),
  QueueDeletedRecently: legacy('QueueDeletedRecently'),
  QueueDoesNotExist: model('QueueDoesNotExist', 'AWS.SimpleQueueService.NonExistentQueue'),
  QueueNameExists: model('QueueNameExists', 'QueueAlreadyExists'),
  ReceiptHandleIsInvalid: model('ReceiptHandleIsInvalid', 'ReceiptHandleIsInvalid', 404),
  ResourceNotFoundException: model('ResourceNotFoundException', 'ResourceNotFoundException', 404),
  TooManyEntriesInBatchRequest: legacy('TooManyEntriesInBatchRequest'),
  UnsupportedOperation: legacy('UnsupportedOperation'),
  InternalFailure: common('InternalFailure', 'InternalFailure', 500),
  RequestEntityTooLargeException: common('RequestEntityTooLargeException', undefined, 413),
  SerializationException: common('SerializationException'),
  UnknownOperationException: common('UnknownOperationException'),
} satisfies Record<string, Form>;

export type ErrorName = keyof typeof forms;

export class SqsError extends Error {
  readonly #form: Form;

  constructor(
    override readonly name: ErrorName,
    message: string,
  ) {
    super(message);
    this.#form = forms[name];
  }

  get status(): number {
    return this.#form.status;
  }

  get type(): string {
    return this.#form.type;
  }

  get queryCode(): string | undefined {
    return this.#form.queryCode;
  }

  get senderFault(): boolean {
    return this.#form.status < 500;
  }
}

/** AWS words most refusals of values in this way. */
export const invalidParameter = (name: string, value: unknown, reason: string): SqsError =>
  new SqsError('InvalidParameterValue', `Value ${String(value)} for parameter ${name} is invalid. Reason: ${reason}`);

export const missingParameter = (name: string): SqsError =>
  new SqsError('MissingParameter', `The request must contain the parameter ${name}.`);

export const queueDoesNotExist = (): SqsError =>
  new SqsError('QueueDoesNotExist', 'The specified queue does not exist.');

/** Reads one message of SendMessage or SendMessageBatch. */
import { createHash } from 'node:crypto';
import { definedFields } from '../defined-fields.js';
import { invalidParameter, missingParameter, SqsError } from './errors.js';
import type { Input, JsonObject } from './input.js';
import { MAX_DELAY_SECONDS } from './limits.js';
import {
  md5OfAttributes,
  readMessageAttributes,
  sizeOfAttributes,
  type MessageAttribute,
  type MessageAttributes,
} from './message-attributes.js';
import type { NewMessage } from './queue.js';
import type { QueueSettings } from './settings.js';

// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
const FORBIDDEN = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u;
const INVALID_CHARACTERS =
  'Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF.';
const TRACE_HEADER = 'AWSTraceHeader';
const GROUP_ID = /^[!-~]{1,128}$/;

export const md5 = (text: string): string => createHash('md5').update(text).digest('hex');

/** Returns the bytes that count towards the size limits. */
export function sizeOfMessage(body: string, attributes: MessageAttributes): number {
  return Buffer.byteLength(body) + sizeOfAttributes(attributes);
}

export interface ReadMessage {
  readonly message: NewMessage;
  /** The digests that the sender gets besides the id. */
  readonly digests: JsonObject;
}

/** `tooLong` differs between the single call and the batch. */
export function readMessage(
  input: Input,
  settings: QueueSettings,
  tooLong = 'One or more parameters are invalid.',
): ReadMessage {
  const body = input.text('MessageBody');
  if (body === undefined || body === '') throw missingParameter('MessageBody');
  if (FORBIDDEN.test(body)) throw new SqsError('InvalidMessageContents', INVALID_CHARACTERS);
  const attributes = readMessageAttributes(input.object('MessageAttributes'));
  for (const { dataType, value } of attributes.values()) {
    const isText = !dataType.startsWith('Binary');
    if (isText && FORBIDDEN.test(value)) throw new SqsError('InvalidParameterValue', INVALID_CHARACTERS);
  }
  if (sizeOfMessage(body, attributes) > settings.maxMessageBytes) {
    const message = `${tooLong} Reason: Message must be shorter than ${settings.maxMessageBytes} bytes.`;
    throw new SqsError('InvalidParameterValue', message);
  }
  const delayReason = `DelaySeconds must be >= 0 and <= ${MAX_DELAY_SECONDS}.`;
  const delaySeconds = input.integerWithin('DelaySeconds', 0, MAX_DELAY_SECONDS, delayReason);
  const groupId = readGroupId(input);
  const traceHeader = readTraceHeader(input);
  const attributesMd5 = md5OfAttributes(attributes);
  const traceHeaderMd5 = traceHeader && md5OfAttributes(new Map([[TRACE_HEADER, traceHeader]]));
  return {
    message: {
      delayMs: delaySeconds === undefined ? settings.delayMs : delaySeconds * 1000,
      content: {
        body,
        groupId: groupId && shared(groupId),
        attributes: attributes.size === 0 ? undefined : attributes,
        traceHeader: traceHeader?.value,
      },
    },
    digests: {
      MD5OfMessageBody: md5(body),
      ...definedFields({ MD5OfMessageAttributes: attributesMd5, MD5OfMessageSystemAttributes: traceHeaderMd5 }),
    },
  };
}

let newestGroupId = '';

/**
 * Consecutive messages mostly belong to the same group. They share one string, because each request brings its own
 * copy.
 */
function shared(groupId: string): string {
  if (groupId !== newestGroupId) newestGroupId = groupId;
  return newestGroupId;
}

function readGroupId(input: Input): string | undefined {
  const deduplicationId = input.text('MessageDeduplicationId');
  if (deduplicationId !== undefined) {
    const reason = 'The request include parameter that is not valid for this queue type.';
    throw invalidParameter('MessageDeduplicationId', deduplicationId, reason);
  }
  const groupId = input.text('MessageGroupId');
  if (groupId !== undefined && !GROUP_ID.test(groupId)) {
    const reason = 'MessageGroupId can only include alphanumeric and punctuation characters. 1 to 128 in length.';
    throw invalidParameter('MessageGroupId', groupId, reason);
  }
  return groupId;
}

/** Reads the only system attribute that a sender may set. It does not count towards the size. */
function readTraceHeader(input: Input): MessageAttribute | undefined {
  const attributes = input.object('MessageSystemAttributes');
  for (const name of attributes?.names() ?? []) {
    if (name === TRACE_HEADER) continue;
    const message = `Message system attribute name '${name}' is invalid.`;
    throw new SqsError('InvalidParameterValue', message);
  }
  const header = readMessageAttributes(attributes).get(TRACE_HEADER);
  if (header === undefined || header.dataType === 'String') return header;
  throw new SqsError('InvalidParameterValue', `The type of message system attribute '${TRACE_HEADER}' must be String.`);
}

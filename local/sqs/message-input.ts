/** Reads one message of SendMessage or SendMessageBatch. */
import { createHash } from 'node:crypto';
import { invalidParameter, missingParameter, SqsError } from './errors.js';
import type { Input, JsonObject } from './input.js';
import { MAX_DELAY_SECONDS } from './limits.js';
import {
  md5OfAttributes,
  readMessageAttributes,
  sizeOfAttributes,
  type MessageAttributes,
} from './message-attributes.js';
import type { Message } from './message.js';
import type { NewMessage } from './queue.js';
import type { QueueSettings } from './settings.js';

// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
const FORBIDDEN = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u;
const GROUP_ID = /^[!-~]{1,128}$/;

export const md5 = (text: string): string => createHash('md5').update(text).digest('hex');

/** What a message counts towards the limits of size. */
export function sizeOfMessage(body: string, attributes: MessageAttributes): number {
  return Buffer.byteLength(body) + sizeOfAttributes(attributes);
}

/** `tooLong` differs between the single call and the batch. */
export function readMessage(
  input: Input,
  settings: QueueSettings,
  tooLong = 'One or more parameters are invalid.',
): NewMessage {
  const body = input.text('MessageBody');
  if (body === undefined || body === '') throw missingParameter('MessageBody');
  checkCharacters(body);
  const attributes = readMessageAttributes(input.object('MessageAttributes'));
  for (const { dataType, value } of attributes.values()) {
    if (!dataType.startsWith('Binary')) checkCharacters(value);
  }
  if (sizeOfMessage(body, attributes) > settings.maxMessageBytes) {
    const message = `${tooLong} Reason: Message must be shorter than ${settings.maxMessageBytes} bytes.`;
    throw new SqsError('InvalidParameterValue', message);
  }
  const delayReason = `DelaySeconds must be >= 0 and <= ${MAX_DELAY_SECONDS}.`;
  const delaySeconds = input.integerWithin('DelaySeconds', 0, MAX_DELAY_SECONDS, delayReason);
  const groupId = readGroupId(input);
  const attributesMd5 = md5OfAttributes(attributes);
  return {
    delayMs: delaySeconds === undefined ? settings.delayMs : delaySeconds * 1000,
    content: {
      body,
      bodyMd5: md5(body),
      attributes,
      ...(attributesMd5 === undefined ? {} : { attributesMd5 }),
      ...(groupId === undefined ? {} : { groupId }),
      ...readTraceHeader(input),
    },
  };
}

function checkCharacters(text: string): void {
  if (!FORBIDDEN.test(text)) return;
  throw new SqsError(
    'InvalidMessageContents',
    'Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF.',
  );
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

/** The only system attribute that a sender may set. It does not count towards the size. */
function readTraceHeader(input: Input): { readonly traceHeader?: string; readonly traceHeaderMd5?: string } {
  const attributes = input.object('MessageSystemAttributes');
  for (const name of attributes?.names() ?? []) {
    if (name === 'AWSTraceHeader') continue;
    const message = `Message system attribute name '${name}' is invalid.`;
    throw new SqsError('InvalidParameterValue', message);
  }
  const header = readMessageAttributes(attributes).get('AWSTraceHeader');
  if (header === undefined) return {};
  const traceHeaderMd5 = md5OfAttributes(new Map([['AWSTraceHeader', header]])) ?? '';
  return { traceHeader: header.value, traceHeaderMd5 };
}

/** What the sender is told. */
export const sentMessageToJson = ({ id, content }: Message): JsonObject => ({
  MessageId: id,
  MD5OfMessageBody: content.bodyMd5,
  ...(content.attributesMd5 === undefined ? {} : { MD5OfMessageAttributes: content.attributesMd5 }),
  ...(content.traceHeaderMd5 === undefined ? {} : { MD5OfMessageSystemAttributes: content.traceHeaderMd5 }),
});

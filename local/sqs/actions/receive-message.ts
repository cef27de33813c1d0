import { definedFields } from '../../defined-fields.js';
import { queueOf, type Action } from '../action.js';
import { SqsError } from '../errors.js';
import type { JsonObject } from '../input.js';
import { MAX_RECEIVED_MESSAGES, MAX_VISIBILITY_SECONDS, MAX_WAIT_SECONDS } from '../limits.js';
import { attributesToJson, md5OfAttributes, selectAttributes } from '../message-attributes.js';
import { md5 } from '../message-input.js';
import type { Delivery, Message } from '../message.js';
import { isSettable } from '../settings.js';

/** The sender that SQS would name; the local cloud has no users. */
const SENDER_ID = 'AIDALOCALCLOUD0000000';

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html */
const systemAttributes: Readonly<Record<string, (message: Message) => string | undefined>> = {
  ApproximateFirstReceiveTimestamp: (message) => String(message.firstReceivedMs),
  ApproximateReceiveCount: (message) => String(message.receiveCount),
  AWSTraceHeader: (message) => message.content.traceHeader,
  DeadLetterQueueSourceArn: (message) => message.deadLetterSourceArn,
  MessageDeduplicationId: () => undefined,
  MessageGroupId: (message) => message.content.groupId,
  SenderId: () => SENDER_ID,
  SentTimestamp: (message) => String(message.sentMs),
  SequenceNumber: () => undefined,
};

export const receiveMessage: Action = async (context) => {
  const { input, signal } = context;
  const queue = queueOf(context);
  const max = input.integerWithin('MaxNumberOfMessages', 1, MAX_RECEIVED_MESSAGES) ?? 1;
  const waitReason = `Must be >= 0 and <= ${MAX_WAIT_SECONDS}, if provided.`;
  const waitSeconds = input.integerWithin('WaitTimeSeconds', 0, MAX_WAIT_SECONDS, waitReason);
  const visibilitySeconds = input.integerWithin('VisibilityTimeout', 0, MAX_VISIBILITY_SECONDS);
  const systemNames = wantedSystemNames([
    ...input.texts('MessageSystemAttributeNames'),
    ...input.texts('AttributeNames'), // This is the older name of the parameter.
  ]);
  const attributeNames = input.texts('MessageAttributeNames');
  const deliveries = await queue.receive(
    {
      max,
      waitMs: waitSeconds === undefined ? queue.settings.waitMs : waitSeconds * 1000,
      visibilityMs: visibilitySeconds === undefined ? queue.settings.visibilityMs : visibilitySeconds * 1000,
    },
    signal,
  );
  if (deliveries.length === 0) return {};
  context.onLost(() => queue.takeBack(deliveries));
  return {
    Messages: deliveries.map((delivery) => ({
      MessageId: queue.idOf(delivery.message),
      ReceiptHandle: queue.handleOf(delivery),
      ...contentToJson(delivery, systemNames, attributeNames),
    })),
  };
};

function wantedSystemNames(names: readonly string[]): readonly string[] {
  if (names.includes('All')) return Object.keys(systemAttributes);
  for (const name of names) {
    // Names of queue attributes are accepted and have no effect here.
    if (!Object.hasOwn(systemAttributes, name) && !isSettable(name)) {
      throw new SqsError('InvalidAttributeName', `Unknown Attribute ${name}.`);
    }
  }
  return names;
}

function contentToJson({ message }: Delivery, systemNames: readonly string[], wanted: readonly string[]): JsonObject {
  const { content } = message;
  const system = systemNames.flatMap((name) => {
    const value = Object.hasOwn(systemAttributes, name) ? systemAttributes[name]?.(message) : undefined;
    return value === undefined ? [] : [[name, value] as const];
  });
  const selected = selectAttributes(content.attributes, wanted);
  // The digest covers the returned attributes, not all attributes that were sent.
  const attributesMd5 = md5OfAttributes(selected);
  return {
    Body: content.body,
    MD5OfBody: md5(content.body),
    ...(system.length === 0 ? {} : { Attributes: Object.fromEntries(system) }),
    ...(selected.size === 0 ? {} : { MessageAttributes: attributesToJson(selected) }),
    ...definedFields({ MD5OfMessageAttributes: attributesMd5 }),
  };
}

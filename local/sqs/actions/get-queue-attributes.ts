import { queueOf, type Action } from '../action.js';
import { SqsError } from '../errors.js';
import type { Queue } from '../queue.js';
import { isSettable } from '../settings.js';

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html */
const computed: Readonly<Record<string, (queue: Queue) => string>> = {
  ApproximateNumberOfMessages: (queue) => String(queue.reportedCounts().visible),
  ApproximateNumberOfMessagesNotVisible: (queue) => String(queue.reportedCounts().inFlight),
  ApproximateNumberOfMessagesDelayed: (queue) => String(queue.reportedCounts().delayed),
  CreatedTimestamp: (queue) => seconds(queue.createdMs),
  LastModifiedTimestamp: (queue) => seconds(queue.modifiedMs),
  QueueArn: (queue) => queue.arn,
};

const seconds = (ms: number): string => String(Math.floor(ms / 1000));

export const getQueueAttributes: Action = (context) => {
  const queue = queueOf(context);
  const wanted = context.input.texts('AttributeNames');
  const attributes = new Map<string, string>();
  for (const name of wanted.includes('All') ? [...Object.keys(computed), ...queue.settings.values.keys()] : wanted) {
    const compute = Object.hasOwn(computed, name) ? computed[name] : undefined;
    if (compute === undefined && !isSettable(name)) {
      throw new SqsError('InvalidAttributeName', `Unknown Attribute ${name}.`);
    }
    const value = compute?.(queue) ?? queue.settings.values.get(name);
    if (value !== undefined) attributes.set(name, value);
  }
  return attributes.size === 0 ? {} : { Attributes: Object.fromEntries(attributes) };
};

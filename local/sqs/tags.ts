/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-queue-tags.html */
import { SqsError } from './errors.js';
import { MAX_TAGS } from './limits.js';

const MAX_KEY_LENGTH = 128;
const MAX_VALUE_LENGTH = 256;

export function checkTags(tags: ReadonlyMap<string, string>): void {
  if (tags.size > MAX_TAGS) {
    throw new SqsError('InvalidParameterValue', `Too many tags added for queue: at most ${MAX_TAGS} are allowed.`);
  }
  for (const [key, value] of tags) {
    if (key === '' || key.length > MAX_KEY_LENGTH) {
      throw new SqsError(
        'InvalidParameterValue',
        `Tag keys must be between 1 and ${MAX_KEY_LENGTH} characters in length.`,
      );
    }
    if (value.length > MAX_VALUE_LENGTH) {
      throw new SqsError(
        'InvalidParameterValue',
        `Tag values must be at most ${MAX_VALUE_LENGTH} characters in length.`,
      );
    }
  }
}

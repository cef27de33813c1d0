/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-queues.html */
import { SqsError } from './errors.js';
import { MAX_TAGS } from './limits.js';

const MAX_KEY_LENGTH = 128;
const MAX_VALUE_LENGTH = 256;

const refuse = (message: string): SqsError => new SqsError('InvalidParameterValue', message);

export function checkTags(tags: ReadonlyMap<string, string>): void {
  if (tags.size > MAX_TAGS) throw refuse(`Too many tags added for queue: at most ${MAX_TAGS} are allowed.`);
  for (const [key, value] of tags) {
    if (key === '' || key.length > MAX_KEY_LENGTH) {
      throw refuse(`Tag keys must be between 1 and ${MAX_KEY_LENGTH} characters in length.`);
    }
    if (value.length > MAX_VALUE_LENGTH) {
      throw refuse(`Tag values must be at most ${MAX_VALUE_LENGTH} characters in length.`);
    }
    if (/^aws:/i.test(key) || /^aws:/i.test(value)) throw refuse(`The prefix aws: of tag ${key} is reserved.`);
  }
}

/**
 * The two policies of dead-letter queues, as JSON text and as parsed values.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
 */
import type { SqsError } from './errors.js';
import { invalidParameter } from './errors.js';

export interface RedrivePolicy {
  readonly targetArn: string;
  readonly maxReceiveCount: number;
}

export interface RedriveAllowPolicy {
  readonly permission: 'allowAll' | 'denyAll' | 'byQueue';
  readonly sourceArns: readonly string[];
}

const MAX_RECEIVE_COUNT = 1000;
const MAX_SOURCE_ARNS = 10;

export function parseRedrivePolicy(text: string): RedrivePolicy {
  const { deadLetterTargetArn, maxReceiveCount } = parseObject('RedrivePolicy', text);
  const refuse = (reason: string): SqsError => invalidParameter('RedrivePolicy', text, reason);
  if (typeof deadLetterTargetArn !== 'string') {
    throw refuse('Redrive policy does not contain mandatory attribute: deadLetterTargetArn.');
  }
  if (maxReceiveCount === undefined) {
    throw refuse('Redrive policy does not contain mandatory attribute: maxReceiveCount.');
  }
  // AWS accepts the number as a string, too; templates often contain it so.
  const count = typeof maxReceiveCount === 'string' ? Number(maxReceiveCount) : maxReceiveCount;
  if (typeof count !== 'number' || !Number.isInteger(count) || count < 1 || count > MAX_RECEIVE_COUNT) {
    const range = `valid values are from 1 to ${MAX_RECEIVE_COUNT} both inclusive.`;
    throw refuse(`Invalid value for maxReceiveCount: ${JSON.stringify(maxReceiveCount)}, ${range}`);
  }
  return { targetArn: deadLetterTargetArn, maxReceiveCount: count };
}

export function parseRedriveAllowPolicy(text: string): RedriveAllowPolicy {
  const { redrivePermission, sourceQueueArns } = parseObject('RedriveAllowPolicy', text);
  const refuse = (reason: string): SqsError => invalidParameter('RedriveAllowPolicy', text, reason);
  if (redrivePermission !== 'allowAll' && redrivePermission !== 'denyAll' && redrivePermission !== 'byQueue') {
    throw refuse('redrivePermission must be allowAll, denyAll or byQueue.');
  }
  const arns: readonly unknown[] = Array.isArray(sourceQueueArns) ? sourceQueueArns : [];
  const sourceArns = arns.filter((arn) => typeof arn === 'string');
  if (sourceArns.length !== arns.length || arns.length > MAX_SOURCE_ARNS) {
    throw refuse(`sourceQueueArns must be a list of up to ${MAX_SOURCE_ARNS} ARNs.`);
  }
  if ((redrivePermission === 'byQueue') !== sourceArns.length > 0) {
    throw refuse('sourceQueueArns must be given with redrivePermission byQueue, and only then.');
  }
  return { permission: redrivePermission, sourceArns };
}

export function allowsSource(policy: RedriveAllowPolicy | undefined, sourceArn: string): boolean {
  if (policy === undefined || policy.permission === 'allowAll') return true;
  return policy.permission === 'byQueue' && policy.sourceArns.includes(sourceArn);
}

function parseObject(name: string, text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Text that is not JSON is refused below, like JSON that is not an object.
  }
  throw invalidParameter(name, text, `${name} is not a valid JSON map.`);
}

/**
 * The settable attributes of a queue: their rules, and their values in the units in which they are used.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
 */
import { SqsError } from './errors.js';
import { MAX_DELAY_SECONDS, MAX_MESSAGE_BYTES, MAX_VISIBILITY_SECONDS, MAX_WAIT_SECONDS } from './limits.js';
import { parseRedriveAllowPolicy, parseRedrivePolicy, type RedriveAllowPolicy, type RedrivePolicy } from './redrive.js';

export interface QueueSettings {
  /** The attributes as GetQueueAttributes returns them. */
  readonly values: ReadonlyMap<string, string>;
  readonly delayMs: number;
  readonly retentionMs: number;
  readonly waitMs: number;
  readonly visibilityMs: number;
  readonly maxMessageBytes: number;
  readonly redrive: RedrivePolicy | undefined;
  readonly redriveAllow: RedriveAllowPolicy | undefined;
}

interface Range {
  readonly least: number;
  readonly most: number;
  readonly usual: number;
}

const DAY_SECONDS = 86_400;

const numbers: Readonly<Record<string, Range>> = {
  DelaySeconds: { least: 0, most: MAX_DELAY_SECONDS, usual: 0 },
  MaximumMessageSize: { least: 1024, most: MAX_MESSAGE_BYTES, usual: MAX_MESSAGE_BYTES },
  MessageRetentionPeriod: { least: 60, most: 14 * DAY_SECONDS, usual: 4 * DAY_SECONDS },
  ReceiveMessageWaitTimeSeconds: { least: 0, most: MAX_WAIT_SECONDS, usual: 0 },
  VisibilityTimeout: { least: 0, most: MAX_VISIBILITY_SECONDS, usual: 30 },
  KmsDataKeyReusePeriodSeconds: { least: 60, most: DAY_SECONDS, usual: 300 },
};

const KMS_KEY = 'KmsMasterKeyId';
const KMS_REUSE = 'KmsDataKeyReusePeriodSeconds';
const SQS_ENCRYPTION = 'SqsManagedSseEnabled';

const texts = new Set(['Policy', 'RedrivePolicy', 'RedriveAllowPolicy', KMS_KEY, SQS_ENCRYPTION]);

/** AWS refuses these two with a message of their own. */
const fifoOnly = new Set(['DeduplicationScope', 'FifoThroughputLimit']);

export const isSettable = (name: string): boolean => Object.hasOwn(numbers, name) || texts.has(name);

const usualValues: ReadonlyMap<string, string> = new Map([
  ...Object.entries(numbers)
    .filter(([name]) => name !== KMS_REUSE)
    .map(([name, range]): [string, string] => [name, String(range.usual)]),
  [SQS_ENCRYPTION, 'true'],
]);

const invalidValue = (name: string): SqsError =>
  new SqsError('InvalidAttributeValue', `Invalid value for the parameter ${name}.`);

export const defaultSettings: QueueSettings = settingsOf(usualValues);

export function changeSettings(current: QueueSettings, changes: ReadonlyMap<string, string>): QueueSettings {
  const values = new Map(current.values);
  for (const [name, value] of changes) {
    const canonical = canonicalValue(name, value);
    if (canonical === undefined) values.delete(name);
    else values.set(name, canonical);
  }
  applyEncryption(values, changes);
  return settingsOf(values);
}

/** Returns the first attribute of a repeated CreateQueue that differs from the queue's. */
export function differingAttribute(settings: QueueSettings, wanted: ReadonlyMap<string, string>): string | undefined {
  for (const [name, value] of wanted) {
    if (canonicalValue(name, value) !== settings.values.get(name)) return name;
  }
  return undefined;
}

/** Returns undefined to remove the attribute, as an empty text and a KMS default do on AWS. */
function canonicalValue(name: string, value: string): string | undefined {
  const range = Object.hasOwn(numbers, name) ? numbers[name] : undefined;
  if (range !== undefined) {
    const number = /^\d{1,10}$/.test(value) ? Number(value) : NaN;
    if (!(number >= range.least && number <= range.most)) throw invalidValue(name);
    return name === KMS_REUSE && number === range.usual ? undefined : String(number);
  }
  if (fifoOnly.has(name)) {
    throw new SqsError('InvalidAttributeName', `You can specify the ${name} only when FifoQueue is set to true.`);
  }
  if (!texts.has(name)) throw new SqsError('InvalidAttributeName', `Unknown Attribute ${name}.`);
  if (value === '') return undefined;
  if (name === SQS_ENCRYPTION) {
    if (value !== 'true' && value !== 'false') throw invalidValue(name);
    return value;
  }
  if (name === 'RedrivePolicy') {
    const { targetArn, maxReceiveCount } = parseRedrivePolicy(value);
    return JSON.stringify({ deadLetterTargetArn: targetArn, maxReceiveCount });
  }
  if (name === 'RedriveAllowPolicy') parseRedriveAllowPolicy(value);
  if (name === 'Policy' && !isJson(value)) throw invalidValue(name);
  return value;
}

/** The attributes are kept and given back, but nothing is encrypted here. Only one of the two kinds can be on. */
function applyEncryption(values: Map<string, string>, changes: ReadonlyMap<string, string>): void {
  const wantsKms = (changes.get(KMS_KEY) ?? '') !== '';
  const wantsSqs = changes.get(SQS_ENCRYPTION) === 'true';
  if (wantsKms && wantsSqs) {
    const message =
      'You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS SSE.';
    throw new SqsError('InvalidAttributeName', message);
  }
  if (wantsKms) values.set(SQS_ENCRYPTION, 'false');
  if (wantsSqs) {
    values.delete(KMS_KEY);
    values.delete(KMS_REUSE);
  }
}

function settingsOf(values: ReadonlyMap<string, string>): QueueSettings {
  const number = (name: string): number => Number(values.get(name) ?? numbers[name]?.usual);
  const redrive = values.get('RedrivePolicy');
  const redriveAllow = values.get('RedriveAllowPolicy');
  return {
    values,
    delayMs: number('DelaySeconds') * 1000,
    retentionMs: number('MessageRetentionPeriod') * 1000,
    waitMs: number('ReceiveMessageWaitTimeSeconds') * 1000,
    visibilityMs: number('VisibilityTimeout') * 1000,
    maxMessageBytes: number('MaximumMessageSize'),
    redrive: redrive === undefined ? undefined : parseRedrivePolicy(redrive),
    redriveAllow: redriveAllow === undefined ? undefined : parseRedriveAllowPolicy(redriveAllow),
  };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

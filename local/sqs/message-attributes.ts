/**
 * Rules and digests of message attributes.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
 */
import { createHash } from 'node:crypto';
import { SqsError } from './errors.js';
import type { Input, JsonObject } from './input.js';
import { MAX_MESSAGE_ATTRIBUTES } from './limits.js';

export interface MessageAttribute {
  readonly dataType: string;
  /** The value as it arrived: text, or base64 if the data type begins with `Binary`. */
  readonly value: string;
}

export type MessageAttributes = ReadonlyMap<string, MessageAttribute>;

const NONE: MessageAttributes = new Map();

const MAX_NAME_BYTES = 256;
const NAME = /^(?!(?:aws|amazon)\.)(?!\.)(?:[\w-]|\.(?!\.))+(?<!\.)$/i;
const DATA_TYPE = /^(?:String|Number|Binary)(?:\.[^]*)?$/;
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

const isBinary = (attribute: MessageAttribute): boolean => attribute.dataType.startsWith('Binary');

const refuse = (message: string): SqsError => new SqsError('InvalidParameterValue', message);

export function readMessageAttributes(input: Input | undefined): MessageAttributes {
  const names = input?.names() ?? [];
  if (names.length > MAX_MESSAGE_ATTRIBUTES) {
    throw refuse(
      `Number of message attributes [${names.length}] exceeds the allowed maximum [${MAX_MESSAGE_ATTRIBUTES}].`,
    );
  }
  const attributes = new Map<string, MessageAttribute>();
  for (const name of names) {
    const attribute = input?.object(name);
    if (attribute !== undefined) attributes.set(name, readMessageAttribute(name, attribute));
  }
  return attributes;
}

function readMessageAttribute(name: string, input: Input): MessageAttribute {
  if (Buffer.byteLength(name) > MAX_NAME_BYTES || !NAME.test(name)) {
    throw refuse(
      `Message (user) attribute name '${name}' is invalid: it must have at most ${MAX_NAME_BYTES} letters, digits, underscores, ` +
        'hyphens and periods. It must not begin or end with a period, have two in a row, or begin with AWS. or Amazon.',
    );
  }
  const dataType = input.text('DataType') ?? '';
  if (dataType === '') throw refuse(`The message attribute '${name}' must contain non-empty message attribute type.`);
  if (!DATA_TYPE.test(dataType) || Buffer.byteLength(dataType) > MAX_NAME_BYTES) {
    throw refuse(
      `The type of message (user) attribute '${name}' is invalid. You must use only the following supported type prefixes: Binary, Number, String.`,
    );
  }
  const kind = dataType.split('.', 1)[0] ?? '';
  const value = input.text(kind === 'Binary' ? 'BinaryValue' : 'StringValue') ?? '';
  if (value === '')
    throw refuse(`Message (user) attribute '${name}' must contain a non-empty value of type '${kind}'.`);
  if (kind === 'Number' && !NUMBER.test(value)) {
    throw refuse(`Can't cast the value of message (user) attribute '${name}' to a number.`);
  }
  return { dataType, value };
}

const valueBytes = (attribute: MessageAttribute): Buffer =>
  Buffer.from(attribute.value, isBinary(attribute) ? 'base64' : 'utf8');

/** Returns the bytes that the attributes add to the size of a message. */
export function sizeOfAttributes(attributes: MessageAttributes): number {
  let bytes = 0;
  for (const [name, attribute] of attributes) {
    bytes += Buffer.byteLength(name) + Buffer.byteLength(attribute.dataType) + valueBytes(attribute).length;
  }
  return bytes;
}

const STRING_MARK = Buffer.of(1);
const BINARY_MARK = Buffer.of(2);

/** Returns undefined if there are no attributes. */
export function md5OfAttributes(attributes: MessageAttributes): string | undefined {
  if (attributes.size === 0) return undefined;
  const hash = createHash('md5');
  const add = (bytes: Buffer): void => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    hash.update(length).update(bytes);
  };
  for (const name of [...attributes.keys()].sort()) {
    const attribute = attributes.get(name) as MessageAttribute;
    add(Buffer.from(name));
    add(Buffer.from(attribute.dataType));
    hash.update(isBinary(attribute) ? BINARY_MARK : STRING_MARK);
    add(valueBytes(attribute));
  }
  return hash.digest('hex');
}

export function attributesToJson(attributes: MessageAttributes): JsonObject {
  return Object.fromEntries(
    [...attributes].map(([name, attribute]) => [
      name,
      { DataType: attribute.dataType, [isBinary(attribute) ? 'BinaryValue' : 'StringValue']: attribute.value },
    ]),
  );
}

/** Returns the attributes that a receive requested: `All`, `.*`, a name, or a prefix such as `foo.*`. */
export function selectAttributes(
  attributes: MessageAttributes | undefined,
  wanted: readonly string[],
): MessageAttributes {
  if (wanted.length === 0 || attributes === undefined) return NONE;
  return new Map([...attributes].filter(([name]) => wanted.some((pattern) => matches(pattern, name))));
}

function matches(pattern: string, name: string): boolean {
  if (pattern === 'All' || pattern === '.*') return true;
  return pattern.endsWith('.*') ? name.startsWith(pattern.slice(0, -2)) : pattern === name;
}

/**
 * Tags of objects and buckets, as a header and as XML.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html
 */
import { S3Error, invalidArgument, malformedXml } from './errors.js';
import { childrenOf, leaf, parent, parseXml, textOf, xmlDocument, type XmlElement } from './xml.js';

export type Tags = ReadonlyMap<string, string>;
export const NO_TAGS: Tags = new Map();

const MAX_OBJECT_TAGS = 10;
export const MAX_BUCKET_TAGS = 50;
const MAX_KEY_LENGTH = 128;
const MAX_VALUE_LENGTH = 256;
/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_Tag.html */
const VALID_TEXT = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

export function readTagHeader(value: string | undefined): Tags {
  if (value === undefined) return NO_TAGS;
  const entries = [...new URLSearchParams(value)];
  if (new Set(entries.map(([key]) => key)).size < entries.length) {
    throw invalidArgument(
      "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.",
      'x-amz-tagging',
      value,
    );
  }
  return checkTags(entries);
}

/** `most` is ten for objects and fifty for buckets. */
export function parseTagging(document: string, most = MAX_OBJECT_TAGS): Tags {
  const [set] = childrenOf(parseXml(document, 'Tagging'), 'TagSet');
  if (set === undefined) throw malformedXml();
  return readTagSet(set, most);
}

export const readTagSet = (set: XmlElement, most: number): Tags =>
  checkTags(
    childrenOf(set, 'Tag').map((tag) => {
      const [key, value] = [textOf(tag, 'Key'), textOf(tag, 'Value')];
      if (key === undefined || value === undefined) throw malformedXml();
      return [key, value];
    }),
    most,
  );

export const taggingDocument = (tags: Tags): string =>
  xmlDocument('Tagging', [
    parent(
      'TagSet',
      [...tags].map(([key, value]) => parent('Tag', [leaf('Key', key), leaf('Value', value)])),
    ),
  ]);

function checkTags(entries: readonly (readonly [string, string])[], most = MAX_OBJECT_TAGS): Tags {
  if (entries.length > most) {
    throw new S3Error(
      400,
      'BadRequest',
      `${most === MAX_OBJECT_TAGS ? 'Object' : 'Bucket'} tags cannot be greater than ${most}`,
    );
  }
  const tags = new Map(entries);
  if (tags.size !== entries.length) {
    throw new S3Error(400, 'InvalidTag', 'Cannot provide multiple Tags with the same key');
  }
  for (const [key, value] of tags) {
    if (key.startsWith('aws:')) {
      throw new S3Error(400, 'InvalidTag', 'System tags cannot be added/updated by requester', { TagKey: key });
    }
    if (key.length === 0 || key.length > MAX_KEY_LENGTH || !VALID_TEXT.test(key)) throw invalidTag('TagKey', key);
    if (value.length > MAX_VALUE_LENGTH || !VALID_TEXT.test(value)) throw invalidTag('TagValue', value);
  }
  return tags;
}

const invalidTag = (what: 'TagKey' | 'TagValue', value: string): S3Error =>
  new S3Error(400, 'InvalidTag', `The ${what} you have provided is invalid`, { [what]: value });

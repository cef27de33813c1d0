/** Tags of objects, as a header and as XML. https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html */
import { S3Error, malformedXml } from './errors.js';
import { childrenOf, leaf, parent, parseXml, textOf, xmlDocument } from './xml.js';

export type Tags = ReadonlyMap<string, string>;
export const NO_TAGS: Tags = new Map();

const MAX_OBJECT_TAGS = 10;

export function readTagHeader(value: string | undefined): Tags {
  return value === undefined ? NO_TAGS : checkTags([...new URLSearchParams(value)]);
}

export function parseTagging(document: string): Tags {
  const [set] = childrenOf(parseXml(document, 'Tagging'), 'TagSet');
  if (set === undefined) throw malformedXml();
  return checkTags(
    childrenOf(set, 'Tag').map((tag) => {
      const [key, value] = [textOf(tag, 'Key'), textOf(tag, 'Value')];
      if (key === undefined || value === undefined) throw malformedXml();
      return [key, value];
    }),
  );
}

export const taggingDocument = (tags: Tags): string =>
  xmlDocument('Tagging', [
    parent(
      'TagSet',
      [...tags].map(([key, value]) => parent('Tag', [leaf('Key', key), leaf('Value', value)])),
    ),
  ]);

function checkTags(entries: readonly (readonly [string, string])[]): Tags {
  if (entries.length > MAX_OBJECT_TAGS) {
    throw new S3Error(400, 'BadRequest', `Object tags cannot be greater than ${MAX_OBJECT_TAGS}`);
  }
  const tags = new Map(entries);
  if (tags.size !== entries.length) {
    throw new S3Error(400, 'InvalidTag', 'Cannot provide multiple Tags with the same key');
  }
  for (const [key, value] of tags) {
    if (key.length === 0 || key.length > 128) throw invalidTag('TagKey', key);
    if (value.length > 256) throw invalidTag('TagValue', value);
  }
  return tags;
}

const invalidTag = (what: 'TagKey' | 'TagValue', value: string): S3Error =>
  new S3Error(400, 'InvalidTag', `The ${what} you have provided is invalid`, { [what]: value });

/** Reads tags from requests and writes them in answers. */
import { Ec2Error, invalidValue } from './errors.js';
import type { Query } from './query.js';
import type { XmlValue } from './xml.js';

export type Tags = ReadonlyMap<string, string>;

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html#tag-restrictions */
const MAX_KEY_CHARACTERS = 128;
const MAX_VALUE_CHARACTERS = 256;
const MAX_TAGS = 50;
/** Tags with this prefix are AWS's own: clients may not set or delete them, and they do not count towards the limit. */
export const RESERVED_PREFIX = 'aws:';

/** Reads the `Tag.N` of a request. */
export function readTags(query: Query): Tags {
  const tags = new Map<string, string>();
  for (const tag of query.list('Tag')) {
    const key = tag.required('Key');
    const value = tag.string('Value') ?? '';
    refuseReserved(key);
    if (tags.has(key)) throw invalidValue('Tag.Key', key, 'It is given twice.');
    if (key.length > MAX_KEY_CHARACTERS) throw invalidValue('Tag.Key', key, 'It is longer than 128 characters.');
    if (value.length > MAX_VALUE_CHARACTERS)
      throw invalidValue('Tag.Value', value, 'It is longer than 256 characters.');
    tags.set(key, value);
  }
  refuseTooMany(tags);
  return tags;
}

export function refuseReserved(key: string): void {
  if (!key.toLowerCase().startsWith(RESERVED_PREFIX)) return;
  throw invalidValue('Tag.Key', key, 'Tag keys that start with aws: are reserved for AWS.');
}

/**
 * Checks a key that becomes a path of the metadata:
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/work-with-tags-in-IMDS.html
 */
export function requireMetadataTagKey(key: string): void {
  if (/^[\w+\-=,.@:]+$/.test(key) && !['.', '..', '_index'].includes(key)) return;
  const allowed =
    'With instance tags in the metadata, a key may contain letters, digits and +-=._,:@, and must not be ., .. or _index.';
  throw invalidValue('Tag.Key', key, allowed);
}

export function refuseTooMany(tags: Tags): void {
  const own = [...tags.keys()].filter((key) => !key.startsWith(RESERVED_PREFIX));
  if (own.length <= MAX_TAGS) return;
  throw new Ec2Error('TagLimitExceeded', `A resource can have at most ${MAX_TAGS} tags, not ${own.length}.`);
}

/** Reads the tags that `TagSpecification.N` gives to a type of resource; any other type is an error. */
export function readTagSpecifications(query: Query, resourceType: string): Tags {
  const tags = new Map<string, string>();
  for (const specification of query.list('TagSpecification')) {
    const type = specification.required('ResourceType');
    if (type !== resourceType) {
      throw invalidValue('TagSpecification.ResourceType', type, `Only ${resourceType} can be tagged by this call.`);
    }
    for (const [key, value] of readTags(specification)) tags.set(key, value);
  }
  return tags;
}

export const writeTags = (tags: Tags): XmlValue => [...tags].map(([key, value]) => ({ key, value }));

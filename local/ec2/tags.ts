/** Tags: reading them from requests, writing them in answers. */
import { invalidValue } from './errors.js';
import type { Query } from './query.js';
import type { XmlValue } from './xml.js';

export type Tags = ReadonlyMap<string, string>;

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html#tag-restrictions */
const MOST_KEY_CHARACTERS = 128;
const MOST_VALUE_CHARACTERS = 256;

/** The `Tag.N` of a request. */
export function readTags(query: Query): Tags {
  const tags = new Map<string, string>();
  for (const tag of query.list('Tag')) {
    const key = tag.required('Key');
    const value = tag.string('Value') ?? '';
    if (key.startsWith('aws:')) throw invalidValue('Tag.Key', key, 'Keys that start with aws: are reserved for AWS.');
    if (key.length > MOST_KEY_CHARACTERS) throw invalidValue('Tag.Key', key, 'It is longer than 128 characters.');
    if (value.length > MOST_VALUE_CHARACTERS)
      throw invalidValue('Tag.Value', value, 'It is longer than 256 characters.');
    tags.set(key, value);
  }
  return tags;
}

/** The tags that `TagSpecification.N` gives to a type of resource; any other type is an error. */
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

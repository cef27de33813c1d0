import type { Action } from '../action.js';
import { missingParameter } from '../errors.js';
import { taggable } from '../resources.js';
import { readTags, refuseTooMany, requireMetadataTagKey } from '../tags.js';

/** Tags all of the resources, or none. */
export const createTags: Action = (query, compute) => {
  const ids = query.strings('ResourceId');
  if (ids.length === 0) throw missingParameter('ResourceId');
  const tags = readTags(query);
  if (tags.size === 0) throw missingParameter('Tag');
  const resources = taggable(compute, ids);
  for (const resource of resources) {
    if (resource.areInMetadata === true) for (const key of tags.keys()) requireMetadataTagKey(key);
    refuseTooMany(new Map([...resource.tags, ...tags]));
  }
  for (const resource of resources) {
    for (const [key, value] of tags) resource.tags.set(key, value);
    resource.changed();
  }
  return { return: true };
};

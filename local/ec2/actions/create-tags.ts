import type { Action } from '../action.js';
import { Ec2Error, missingParameter } from '../errors.js';
import { taggedResources } from '../resources.js';
import { readTags } from '../tags.js';

export const createTags: Action = (query, compute) => {
  const ids = query.strings('ResourceId');
  if (ids.length === 0) throw missingParameter('ResourceId');
  const tags = readTags(query);
  if (tags.size === 0) throw missingParameter('Tag');
  const resources = taggedResources(compute);
  const chosen = ids.map((id) => {
    const resource = resources.find((candidate) => candidate.id === id);
    if (resource === undefined) throw new Ec2Error('InvalidID', `The ID '${id}' is not valid`);
    return resource;
  });
  for (const resource of chosen) for (const [key, value] of tags) resource.tags.set(key, value);
  return { return: true };
};

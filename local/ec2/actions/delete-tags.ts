import type { Action } from '../action.js';
import { missingParameter } from '../errors.js';
import { taggable } from '../resources.js';
import { refuseReserved, RESERVED_PREFIX } from '../tags.js';

/**
 * A key without a value is deleted whatever its value; a key with a value only if it has that value. A request
 * without keys deletes every tag that is not AWS's own.
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteTags.html
 */
export const deleteTags: Action = (query, compute) => {
  const ids = query.strings('ResourceId');
  if (ids.length === 0) throw missingParameter('ResourceId');
  const wanted = query.list('Tag').map((tag) => ({ key: tag.required('Key'), value: tag.string('Value') }));
  for (const { key } of wanted) refuseReserved(key);
  for (const resource of taggable(compute, ids)) {
    const { tags } = resource;
    const all = [...tags.keys()].filter((key) => !key.startsWith(RESERVED_PREFIX));
    for (const { key, value } of wanted.length > 0 ? wanted : all.map((each) => ({ key: each, value: undefined }))) {
      if (value === undefined || tags.get(key) === value) tags.delete(key);
    }
    resource.changed();
  }
  return { return: true };
};

/** Performs an action for all callers: requests over HTTP, and the targets of schedules. */
import { actions } from './actions.js';
import type { Compute } from './compute.js';
import { Ec2Error } from './errors.js';
import type { Query } from './query.js';
import type { XmlRecord } from './xml.js';

export function performAction(name: string, query: Query, compute: Compute): XmlRecord {
  const action = actions.get(name);
  if (action === undefined) {
    throw new Ec2Error(
      'InvalidAction',
      `The action ${name} is not valid for the local cloud, which does not serve it.`,
    );
  }
  query.only(action.parameters);
  if (query.boolean('DryRun') === true) {
    throw new Ec2Error('DryRunOperation', 'Request would have succeeded, but DryRun flag is set.', 412);
  }
  return action.act(query, compute);
}

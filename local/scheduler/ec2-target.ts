/** Calls the local EC2 as the scheduler's universal targets do: the same action, with the same parameters, as over HTTP. */
import { actions } from '../ec2/actions.js';
import type { Compute } from '../ec2/compute.js';
import { Query } from '../ec2/query.js';
import type { InvokeTarget } from './targets.js';

export const invokeEc2 =
  (compute: Compute): InvokeTarget =>
  (name, parameters) => {
    const action = actions.get(name);
    if (action === undefined) throw new Error(`The local EC2 has no action ${name}.`);
    action(Query.parse(new URLSearchParams(flat(parameters))), compute);
  };

/** `{ A: { B: 1 } }` is `A.B=1` in the Query protocol. */
function flat(parameters: object, prefix = ''): [string, string][] {
  return Object.entries(parameters).flatMap(([name, value]: [string, unknown]) =>
    typeof value === 'object' && value !== null
      ? flat(value, `${prefix}${name}.`)
      : [[`${prefix}${name}`, String(value)]],
  );
}

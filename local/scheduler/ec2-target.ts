/** Calls the local EC2 as the scheduler's universal targets do: with the same action and parameters as over HTTP. */
import type { Compute } from '../ec2/compute.js';
import { performAction } from '../ec2/perform.js';
import { Query } from '../ec2/query.js';
import type { InvokeTarget } from './targets.js';

export const invokeEc2 =
  (compute: Compute): InvokeTarget =>
  (name, parameters) => {
    performAction(name, Query.parse(new URLSearchParams(flat(parameters))), compute);
  };

/** Converts `{ A: { B: 1 } }` to the Query protocol's `A.B=1`. */
function flat(parameters: object, prefix = ''): [string, string][] {
  return Object.entries(parameters).flatMap(([name, value]: [string, unknown]) =>
    typeof value === 'object' && value !== null
      ? flat(value, `${prefix}${name}.`)
      : [[`${prefix}${name}`, String(value)]],
  );
}

import type { Action } from '../action.js';
import { chosenInstances } from '../instance-answers.js';

/**
 * Two things differ from AWS: the output is always the latest (`Latest` is accepted), and it exists as long as the
 * instance is known.
 */
export const getConsoleOutput: Action = (query, { instances, clock }) => {
  const id = query.required('InstanceId');
  chosenInstances((each) => instances.get(each), [id]);
  const output = instances.consoleOutput(id);
  return {
    instanceId: id,
    timestamp: new Date(clock.nowMs()),
    output: output === undefined || output.length === 0 ? undefined : output.toString('base64'),
  };
};

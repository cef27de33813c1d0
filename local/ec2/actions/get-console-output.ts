import type { Action } from '../action.js';
import { chosenInstances } from '../instance-answers.js';

export const getConsoleOutput: Action = (query, { instances, clock }) => {
  const id = query.required('InstanceId');
  chosenInstances(instances, [id]);
  const output = instances.consoleOutput(id);
  return {
    instanceId: id,
    timestamp: new Date(clock.nowMs()),
    output: output === undefined || output.length === 0 ? undefined : output.toString('base64'),
  };
};

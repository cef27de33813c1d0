import type { Action } from '../action.js';
import { missingParameter } from '../errors.js';
import { chosenInstances, stateAnswer } from '../instance-answers.js';

export const terminateInstances: Action = (query, { instances }) => {
  const ids = query.strings('InstanceId');
  if (ids.length === 0) throw missingParameter('InstanceId');
  return {
    instancesSet: chosenInstances((id) => instances.get(id), ids).map((instance) => {
      const previousState = stateAnswer(instance.state);
      instances.terminate(instance.id);
      return { instanceId: instance.id, currentState: stateAnswer(instance.state), previousState };
    }),
  };
};

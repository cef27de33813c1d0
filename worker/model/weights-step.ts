/** Fetches the weights of a model, where it has some beside its bundle. */
import { type Step, unable } from './step.js';

export const weightsStep: Step = {
  phase: 'weights',
  isNeeded: async ({ spec }) => spec.weights !== undefined,
  run: async ({ spec }) => {
    throw unable('weights', `This worker cannot fetch weights, and the model ${spec.name} needs some.`);
  },
};

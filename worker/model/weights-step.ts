/** Fetches the weights of a model, where it has some beside its bundle (fetch-weights.ts). */
import path from 'node:path';
import { fetchWeights, WeightsUnusable } from './fetch-weights.js';
import { type Step, type StepWork, unable } from './step.js';

export const weightsStep: Step = {
  phase: 'weights',
  isNeeded: async ({ spec }) => spec.weights !== undefined,
  run: fetchInto,
};

async function fetchInto(work: StepWork): Promise<{ readonly bytes?: number }> {
  const { spec, place, store, storeOf, clock, signal } = work;
  const { weights } = spec;
  if (weights === undefined || place.weights === undefined) return {};
  work.doing(`fetching the weights ${weights.name}`);
  try {
    const { bytes } = await fetchWeights({
      store,
      storeOf,
      weights,
      directory: path.dirname(place.weights),
      clock,
      onTrouble: (message) => work.onTrouble('fetching weights', message),
      signal,
    });
    return { bytes };
  } catch (error) {
    if (error instanceof WeightsUnusable) throw unable('weights', error.message, error);
    throw error;
  }
}

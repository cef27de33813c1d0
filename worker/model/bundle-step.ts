/** Fetches and unpacks the model's bundle (fetch-bundle.ts). */
import { errorText } from '../../core/error-text.js';
import { modelBundleKey } from '../../core/contract/keys.js';
import { couldNot } from '../could-not.js';
import { fetchBundle } from './fetch-bundle.js';
import { type Step, type StepWork, unable } from './step.js';

export const bundleStep: Step = { phase: 'fetch', isNeeded: async () => true, run: fetchInto };

async function fetchInto(work: StepWork): Promise<{ readonly bytes?: number }> {
  const { spec, place, store, clock, signal } = work;
  work.doing(`fetching the model ${spec.name}`);
  const key = modelBundleKey(spec.digest);
  const onTrouble = (error: unknown, pauseMs: number): void =>
    work.onTrouble(
      'fetching a model',
      couldNot(`fetch the model ${spec.name}`, error, `retrying in ${pauseMs / 1000} s`),
    );
  try {
    return await fetchBundle({
      store,
      key,
      digest: spec.digest,
      directory: place.directory,
      clock,
      onTrouble,
      signal,
    });
  } catch (error) {
    signal.throwIfAborted();
    throw unable('fetch', `The model ${spec.name} could not be fetched from ${key}: ${errorText(error)}`, error);
  }
}

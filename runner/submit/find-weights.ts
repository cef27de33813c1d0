/** The weights of a submission: what is found before anything is written, and the progress that is shown. */
import { definedFields } from '../../core/defined-fields.js';
import type { SourceObjects } from '../dataset/ports.js';
import type { Clock } from '../ports.js';
import { openWeights, type Weights } from '../weights/weights.js';
import type { WeightsHooks, WeightsRequest } from '../weights/weights-files.js';
import type { SubmitHooks } from './submit-event.js';

/** Often enough for a display, and rare enough to cost nothing. */
export const PROGRESS_EVERY_MS = 250;

/** The weights are hashed before anything is written, because a failure then leaves nothing behind. */
export async function findWeights(
  request: WeightsRequest | undefined,
  { sources, clock }: { readonly sources: SourceObjects; readonly clock: Clock },
  hooks: SubmitHooks,
): Promise<Weights | undefined> {
  if (request === undefined) return undefined;
  const weights = await openWeights(request, sources, weightsHooks(hooks, clock));
  const { spec, bucket, leftOut } = weights;
  hooks.onEvent({ code: 'weights-found', weights: spec, leftOut, ...definedFields({ bucket }) });
  return weights;
}

export function weightsHooks({ signal, onEvent }: SubmitHooks, clock: Clock): WeightsHooks {
  let shownMs = -Infinity;
  return {
    signal,
    onProgress: (progress) => {
      const nowMs = clock.nowMs();
      if (nowMs - shownMs < PROGRESS_EVERY_MS) return;
      shownMs = nowMs;
      onEvent({ code: 'weights', ...progress });
    },
  };
}

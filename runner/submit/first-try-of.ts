/** The trial of a submission's model before anything is sent, where there is one. */
import { manifestKey, probeKey } from '../../core/contract/keys.js';
import type { ProbeMark } from '../../core/contract/probe-mark.js';
import { definedFields } from '../../core/defined-fields.js';
import type { DatasetPass } from './dataset-pass.js';
import { FIRST_TRY_ITEMS, tryFirst } from './first-try.js';
import type { SubmissionContext } from './submission-context.js';

/** A submission that continues another one has nothing to try: the first one did, and left its pace. */
export async function firstTryOf(
  { job, request, ports, hooks, dataset, model, weights, files }: SubmissionContext,
  pass: DatasetPass,
): Promise<ProbeMark | undefined> {
  const { probe, clock, store } = ports;
  const { signal } = hooks;
  if (probe === undefined) return request.rerun?.pace;
  for (const key of request.id === undefined ? [] : [probeKey(job), manifestKey(job)]) {
    if ((await store.head(key, { signal })) !== undefined) return undefined;
  }
  const items = pass.firstItems(FIRST_TRY_ITEMS);
  const { options, dataset: from } = request;
  const env = request.model.packages?.env ?? {};
  const streams = files?.isUsed === true ? files.streams : undefined;
  const tried = {
    model,
    weights,
    kind: dataset.kind,
    items,
    options,
    cwd: from.cwd,
    env,
    ...definedFields({ streams }),
  };
  return tryFirst(tried, { probe, clock }, hooks);
}

/** The model of a submission: what is asked of its package, and what an older controller cannot read. */
import type { ModelSpec } from '../../core/contract/job.js';
import type { ObjectStore } from '../../core/contract/object-store.js';
import type { Wheel } from '../../core/contract/python-environment.js';
import { UserError } from '../errors.js';
import type { ModelRequest } from '../model/resolved-model.js';
import { isStored } from '../python/put-wheels.js';
import { earlierEnvironment } from './earlier-environment.js';
import type { SubmitRequest } from './submit-request.js';

/** A controller that cannot read a job's manifest would never start an instance for it. */
export function refuseForOlderController({ name, start }: ModelSpec): void {
  if (start.kind === 'module' || start.kind === 'command') return;
  throw new UserError(
    `The stack's controller is older than this spotpool, and cannot read a job whose model is ${start.kind === 'python' ? 'a Python file' : 'a filter'} (${name}). ` +
      `Deploy the stack again (npx cdk deploy) while nothing runs, then submit again.`,
  );
}

export function modelRequestFor(job: string, { id, model }: SubmitRequest, store: ObjectStore): ModelRequest {
  if (model.packages === undefined) return model;
  const packages = {
    ...model.packages,
    isStored: (wheel: Wheel, signal: AbortSignal) => isStored(wheel, store, signal),
    ...(id === undefined ? {} : { earlier: (signal: AbortSignal) => earlierEnvironment(job, store, signal) }),
  };
  return { ...model, packages };
}

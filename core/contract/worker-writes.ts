/**
 * Where a worker may write, as patterns of keys: its role (infra/worker-role.ts) permits these and no others. Whoever reads below one of them reads what
 * a model that has become the worker may have put there (R13): test/runner/nonsense.test.ts puts nonsense below each.
 */
import { exitTicketsPrefix, instancesPrefix, jobsPrefix } from './keys.js';

export const OUTCOMES_WRITTEN = `${jobsPrefix}*/results/*`;

/** Tagged, so that the lifecycle finds them. */
export const SHORT_LIVED_WRITTEN = [`${jobsPrefix}*/partial/*`, `${jobsPrefix}*/events/*`] as const;

export const WORKER_WRITES = [
  ...SHORT_LIVED_WRITTEN,
  OUTCOMES_WRITTEN,
  `${jobsPrefix}*/attempts/*`,
  `${jobsPrefix}*/unable/*`,
  `${exitTicketsPrefix}*`,
  `${instancesPrefix}*`,
] as const;

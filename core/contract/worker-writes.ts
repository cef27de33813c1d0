/**
 * The patterns of the keys that a worker may write: its role (infra/worker-role.ts) permits no others. A model that has taken over its worker can write
 * there, too, so readers trust nothing below these keys (R13): test/runner/nonsense.test.ts puts nonsense below each.
 */
import { exitTicketsPrefix, instancesPrefix, jobsPrefix, statusesPrefix } from './keys.js';

/** The worker's policy permits to create these objects, and not to replace them: a mark stays as it was written first. */
export const LOSSES_WRITTEN = `${jobsPrefix}*/losses/*`;

export const OUTCOMES_WRITTEN = `${jobsPrefix}*/results/*`;

/** These objects are tagged, so that the bucket's lifecycle finds them. */
export const SHORT_LIVED_WRITTEN = [`${jobsPrefix}*/partial/*`, `${jobsPrefix}*/events/*`] as const;

export const WORKER_WRITES = [
  ...SHORT_LIVED_WRITTEN,
  OUTCOMES_WRITTEN,
  `${jobsPrefix}*/attempts/*`,
  LOSSES_WRITTEN,
  `${jobsPrefix}*/unable/*`,
  `${jobsPrefix}*/summaries/*`,
  `${exitTicketsPrefix}*`,
  `${instancesPrefix}*`,
  `${statusesPrefix}*`,
] as const;

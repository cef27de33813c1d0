/** The names of the metrics that a stack's controller reports to CloudWatch and the stack's dashboard shows. */

export const METRICS_NAMESPACE = 'Spotpool';
/** The only dimension; its value is the stack's name. */
export const METRICS_DIMENSION = 'Stack';

export const metricNames = {
  /** The fleet's target, as EC2 shows it. */
  target: 'Target',
  /** The fleet's fulfilled capacity, as EC2 shows it. */
  fulfilled: 'Fulfilled',
  /** Batches of running jobs that have no outcome yet. */
  batchesLeft: 'BatchesLeft',
  /** Instances that AWS took since the last report. */
  reclaims: 'Reclaims',
} as const;

/**
 * Makes the line of the log, in the embedded metric format, from which CloudWatch takes the pool's metrics (core/pool/metrics.ts).
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
import { mapBounded } from '../../../core/map-bounded.js';
import { metricNames, METRICS_DIMENSION, METRICS_NAMESPACE } from '../../../core/pool/metrics.js';
import { reclaimedKey } from '../../../core/contract/keys.js';
import type { FleetInstance, ObjectStore } from '../../ports.js';
import { JSON_TYPE, toJson } from '../json-objects.js';
import type { JobProgress, PassReport } from '../report.js';

const LOOKS_AT_ONCE = 16;

export interface MetricsOptions {
  readonly stack: string;
  readonly reclaims: number;
}

export function metricsRecord(
  report: PassReport,
  { stack, reclaims }: MetricsOptions,
): Readonly<Record<string, unknown>> {
  const { fleet, jobs, atMs } = report;
  const values: Readonly<Record<string, number>> = {
    [metricNames.target]: fleet.target,
    [metricNames.fulfilled]: fleet.fulfilled,
    [metricNames.batchesLeft]: jobs.reduce((sum, job) => sum + batchesLeft(job), 0),
    [metricNames.reclaims]: reclaims,
  };
  return {
    _aws: {
      Timestamp: atMs,
      CloudWatchMetrics: [
        {
          Namespace: METRICS_NAMESPACE,
          Dimensions: [[METRICS_DIMENSION]],
          Metrics: Object.keys(values).map((Name) => ({ Name, Unit: 'Count' })),
        },
      ],
    },
    [METRICS_DIMENSION]: stack,
    ...values,
  };
}

const batchesLeft = ({ state, batches }: JobProgress): number =>
  state === 'running' || state === 'submitting' ? batches.total - batches.done : 0;

/**
 * Counts the instances that AWS took and no controller has counted before: EC2 shows them for an hour, and several controllers look. `counted` saves
 * requests. A mark is written before its instance is counted, so that none is counted twice.
 */
export async function countReclaims(
  store: ObjectStore,
  instances: readonly FleetInstance[],
  counted: Set<string>,
  { at, signal }: { readonly at: string; readonly signal: AbortSignal },
): Promise<number> {
  const taken = instances.filter(({ reclaimed }) => reclaimed).map(({ instance }) => instance);
  for (const known of counted) if (!taken.includes(known)) counted.delete(known);
  const fresh = taken.filter((instance) => !counted.has(instance));
  const puts = await mapBounded(fresh, LOOKS_AT_ONCE, async (instance) => {
    const put = await store.put(reclaimedKey(instance), toJson({ at }), {
      signal,
      ifNoneMatch: true,
      contentType: JSON_TYPE,
    });
    counted.add(instance);
    return put.kind === 'written';
  });
  return puts.filter(Boolean).length;
}

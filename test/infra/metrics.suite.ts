import type { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { describe, expect, it } from 'vitest';
import { metricNames } from '../../core/pool/metrics.js';
import { ofPool } from '../../infra/pool-metrics.js';
import { metricsRecord } from '../../runner/controller/act/metrics.js';

const FLEET = {
  target: 1,
  fulfilled: 1,
  pending: 0,
  running: 1,
  noticed: 0,
  draining: 0,
  starting: 0,
  idle: 0,
  busy: 1,
};

/** The metrics that CloudWatch makes of a record of the embedded metric format: namespace, name and dimensions. */
function metricsOf(record: Readonly<Record<string, unknown>>): unknown[] {
  const { CloudWatchMetrics } = record['_aws'] as {
    readonly CloudWatchMetrics: readonly {
      readonly Namespace: string;
      readonly Dimensions: readonly (readonly string[])[];
      readonly Metrics: readonly { readonly Name: string }[];
    }[];
  };
  return CloudWatchMetrics.flatMap(({ Namespace, Dimensions, Metrics }) =>
    Metrics.flatMap(({ Name }) =>
      Dimensions.map((names) => ({
        namespace: Namespace,
        metricName: Name,
        dimensions: Object.fromEntries(names.map((name) => [name, record[name]])),
      })),
    ),
  );
}

describe("the dashboard's metrics of the pool", () => {
  it("have the namespace, names and dimensions of the controller's records", () => {
    const description = { target: 1, fulfilled: 1, state: 'active', instances: [] } as const;
    const report = {
      atMs: 0,
      fleet: FLEET,
      description,
      state: undefined,
      jobs: [],
      events: [],
      preparing: [],
      awaitsTarget: false,
      unreadable: new Map(),
      parked: false,
    };
    const made = metricsOf(metricsRecord(report, { stack: 'Spotpool', reclaims: 0 }));
    const shown = Object.values(metricNames).map((name) => {
      const { namespace, metricName, dimensions }: Metric = ofPool(name, 'Spotpool');
      return { namespace, metricName, dimensions };
    });
    expect(made).toEqual(shown);
  });
});

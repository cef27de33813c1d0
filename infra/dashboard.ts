/** The dashboard shows how much work is left, how fast it is done, how many instances run, and whether a controller runs. */
import {
  AlarmStatusWidget,
  type Alarm,
  Dashboard,
  GraphWidget,
  type IMetric,
  Stats,
  type IWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { metricNames } from '../core/pool/metrics.js';
import type { JobStore } from './job-store.js';
import { committed, inFlight, ofPool, ofSwitch, period, visible } from './pool-metrics.js';

export interface PoolDashboardProps {
  readonly name: string;
  readonly store: JobStore;
  readonly switchGroup: string;
  readonly alarms: readonly Alarm[];
  readonly controller?: IFunction | undefined;
}

/** The grid is 24 columns wide. */
const HALF = 12;
const HEIGHT = 6;

export class PoolDashboard extends Construct {
  readonly dashboard: Dashboard;

  constructor(scope: Construct, id: string, props: PoolDashboardProps) {
    super(scope, id);
    const { name, store } = props;
    this.dashboard = new Dashboard(this, 'Dashboard', {
      widgets: [
        [
          new AlarmStatusWidget({
            title: `${name}: alarms say what to do`,
            alarms: [...props.alarms],
            width: HALF * 2,
          }),
        ],
        [
          graph('Batches', [visible(store.queue), inFlight(store.queue)]),
          graph('Batches committed in five minutes', [committed(store.queue)]),
        ],
        [
          graph('Fleet', [
            ofPool(metricNames.target, name),
            ofPool(metricNames.fulfilled, name),
            ofPool(metricNames.batchesLeft, name),
          ]),
          graph('Reclaims', [ofPool(metricNames.reclaims, name, Stats.SUM)]),
        ],
        [graph('Dead letters', [visible(store.deadLetterQueue)]), graph('Control', control(props))],
      ],
    });
  }
}

const graph = (title: string, left: readonly IMetric[]): IWidget =>
  new GraphWidget({ title, left: [...left], width: HALF, height: HEIGHT, leftYAxis: { min: 0 } });

function control({ controller, switchGroup }: PoolDashboardProps): readonly IMetric[] {
  const fired = ofSwitch('InvocationAttemptCount', switchGroup);
  if (controller === undefined) return [fired];
  const sum = { period: period(), statistic: Stats.SUM };
  return [controller.metricInvocations(sum), controller.metricErrors(sum), fired];
}

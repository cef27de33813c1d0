/** The charts over time: items a second, the fleet, and the batches that are left. They share the time axis of the timeline. */
import type { VNode } from 'preact';
import { count, rate, span } from '../../display/format.js';
import { fleetSeries, leftSeries, paceSeries, type Series } from '../view/series.js';
import { Chart, type ChartLine } from './chart.js';
import { TableBehind } from './parts.js';
import type { SectionProps } from './timeline.js';

const PACE: readonly ChartLine[] = [{ name: 'items a second', colour: '--work', filled: true, stepped: true }];
const FLEET: readonly ChartLine[] = [
  { name: 'target', colour: '--ink', dashed: true, stepped: true },
  { name: 'fulfilled', colour: '--work', filled: true, stepped: true },
];
const LEFT: readonly ChartLine[] = [{ name: 'batches left', colour: '--soft', filled: true }];

export function Charts({ record, window }: SectionProps): VNode {
  const pace = paceSeries(record, window);
  const fleet = fleetSeries(record, window);
  const left = leftSeries(record, window);
  return (
    <>
      <section id="pace">
        <h2>Items a second</h2>
        {pace === undefined ? (
          <p>The pace is unknown: fewer than two moments of this job were written down.</p>
        ) : (
          <ChartWithTable window={window} series={pace} lines={PACE} label="Items a second" format={rate} />
        )}
      </section>
      <section id="fleet">
        <h2>Instances and batches left</h2>
        {fleet === undefined || left === undefined ? (
          <p>The course of the fleet is unknown: no controller wrote it down.</p>
        ) : (
          <>
            <ChartWithTable
              window={window}
              series={fleet}
              lines={FLEET}
              label="Target and fulfilled"
              format={count}
              whole
            />
            <ChartWithTable window={window} series={left} lines={LEFT} label="Batches left" format={count} whole />
          </>
        )}
      </section>
    </>
  );
}

interface ChartWithTableProps {
  readonly window: SectionProps['window'];
  readonly series: Series;
  readonly lines: readonly ChartLine[];
  readonly label: string;
  readonly format: (value: number) => string;
  readonly whole?: true;
}

function ChartWithTable({ series, lines, label, format, window, ...whole }: ChartWithTableProps): VNode {
  return (
    <>
      <Chart series={series} lines={lines} label={label} format={format} window={window} {...whole} />
      <TableBehind
        summary={`${label} as a table`}
        label={label}
        head={['Time since the submit', ...lines.map(({ name }) => name)]}
        numbers={lines.map((_, n) => n + 1)}
        rowsOf={() =>
          series.seconds.map((seconds, at) => [
            span(seconds),
            ...series.values.map((values) => format(values[at] ?? 0)),
          ])
        }
      />
    </>
  );
}

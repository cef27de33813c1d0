/** Shows the rows of `spotpool simulate reuse` as a table, as CSV, and as plots. */
import type { ReuseRow } from '../../core/forecast/reuse-study.js';
import { count, table } from '../display/format.js';
import { drawHeatMap } from './heat-map.js';

const percentText = (share: number): string => `${(share * 100).toFixed(1)} %`;

export const reuseTable = (rows: readonly ReuseRow[]): readonly string[] =>
  table(
    [
      ['INPUTS', 'LONGEST PROVISIONING', 'TIME SAVED', 'COST SAVED'],
      ...rows.map(({ inputs, maxProvisioning, time, cost }) => [
        count(inputs),
        maxProvisioning.toLocaleString('en-US'),
        percentText(time),
        percentText(cost),
      ]),
    ],
    [0, 1, 2, 3],
  );

export const reuseCsv = (rows: readonly ReuseRow[]): string =>
  [
    'inputs,maxProvisioning,time,cost',
    ...rows.map(({ inputs, maxProvisioning, time, cost }) => [inputs, maxProvisioning, time, cost].join(',')),
    '',
  ].join('\n');

/** One value on an axis makes no plot. */
export function reusePlots(rows: readonly ReuseRow[]): readonly string[] {
  const xs = inOrder(rows.map(({ inputs }) => inputs));
  const ys = inOrder(rows.map(({ maxProvisioning }) => maxProvisioning));
  if (xs.length < 2 || ys.length < 2) return [];
  const plot = (title: string, valueOf: (row: ReuseRow) => number): readonly string[] => {
    const values = new Map(rows.map((row) => [`${row.inputs}/${row.maxProvisioning}`, valueOf(row)]));
    const value = (x: number, y: number): number => values.get(`${x}/${y}`) ?? 0;
    return drawHeatMap({ title, xName: 'inputs', yName: 'longest provisioning', xs, ys, value });
  };
  return [...plot('Time saved', ({ time }) => time), '', ...plot('Cost saved', ({ cost }) => cost)];
}

const inOrder = (values: readonly number[]): readonly number[] => [...new Set(values)].sort((a, b) => a - b);

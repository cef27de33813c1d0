/** Shows the comparison of `spotpool simulate pool`: a table of policies, and their instances over time. */
import type { Forecast, Ideal } from '../../core/forecast/forecast.js';
import type { Policy } from '../../core/forecast/policy.js';
import type { Scenario } from '../../core/forecast/scenario.js';
import { samplerOf } from '../../core/forecast/times.js';
import { dollars, fit, plural, span, tables, wrap } from '../display/format.js';

export interface Comparison {
  readonly scenario: Scenario;
  readonly ideal: Ideal;
  readonly forecasts: readonly Forecast[];
  readonly policies: readonly Policy[];
  readonly simulations: number;
  readonly seed: number;
}

const NO_END = 'no end';

export function comparisonText(comparison: Comparison, columns: number): readonly string[] {
  const { policies } = comparison;
  const about = policies.flatMap(({ name, about: text }) => wrapped(`${name}: ${text}.`, columns));
  return [
    ...wrapped(headOf(comparison), columns),
    '',
    ...policyTable(comparison, columns).map((line) => fit(line, columns)),
    '',
    'Instances over time, on one scale for all',
    ...instanceCurves(comparison.forecasts).map((line) => fit(line, columns)),
    '',
    ...about,
    ...notesOf(comparison).flatMap((note) => wrapped(note, columns)),
  ];
}

const WIDEST_COLUMNS = 100;

/** A pipe gets the whole line. */
const wrapped = (text: string, columns: number): readonly string[] =>
  wrap(text, Number.isFinite(columns) ? Math.min(columns, WIDEST_COLUMNS) : columns);

function headOf({ scenario, simulations, seed }: Comparison): string {
  const { work, pool } = scenario;
  const computing = (work.items * samplerOf(work.itemTimes).meanMs) / 1000;
  const most = Math.min(pool.maxInstances, work.maxWorkers ?? Infinity);
  return `${plural(work.items, 'item')}, ${span(computing)} of computing in one slot, on at most ${plural(most, 'instance')} with ${plural(pool.slots, 'slot')} each. ${plural(simulations, 'simulation')} of each policy, seed ${seed}.`;
}

function policyTable({ ideal, forecasts }: Comparison, columns: number): readonly string[] {
  const hasPrice = ideal.dollars !== undefined;
  const hours = (value: number): string => (Number.isFinite(value) ? value.toFixed(2) : '-');
  const money = (value: number | undefined): string =>
    value !== undefined && Number.isFinite(value) ? dollars(value) : '-';
  const costs = (cells: readonly string[]): readonly string[] => (hasPrice ? cells : []);
  const rows = forecasts.map((forecast) => [
    forecast.policy,
    timeText(forecast.timeMs.median),
    timeText(forecast.timeMs.p90),
    hours(forecast.instanceHours.median),
    ...costs([money(forecast.dollars?.median), money(forecast.dollars?.p90)]),
    percentText(forecast.idleShare),
    percentText(forecast.startingShare),
  ]);
  const head = ['POLICY', 'TIME', '90 %', 'HOURS', ...costs(['COST', '90 %'])];
  const least = [
    '(the ideal)',
    timeText(ideal.timeMs),
    '',
    hours(ideal.instanceHours),
    ...costs([money(ideal.dollars), '']),
  ];
  const lines = [[...head, 'IDLE', 'STARTING'], ...rows, [...least, '', '']];
  const numbers = lines[0]?.flatMap((_, column) => (column === 0 ? [] : column)) ?? [];
  return tables(lines, numbers, columns);
}

const timeText = (ms: number): string => (Number.isFinite(ms) ? span(ms / 1000) : NO_END);
const percentText = (share: number): string => `${Math.round(share * 100)} %`;

const BARS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;
const CURVE_COLUMNS = 60;

/** All curves have one axis of time, so that a pool that is kept for longer shows. */
function instanceCurves(forecasts: readonly Forecast[]): readonly string[] {
  const lastMs = Math.max(...forecasts.map(({ instances }) => instances.stepMs * (instances.means.length - 1)));
  const most = Math.max(...forecasts.flatMap(({ instances }) => instances.means));
  const names = Math.max(...forecasts.map(({ policy }) => policy.length));
  const curves = forecasts.map(({ policy, instances }) => {
    const cells = Array.from({ length: CURVE_COLUMNS }, (_, column) => {
      const step = Math.round((lastMs * column) / (CURVE_COLUMNS - 1) / instances.stepMs);
      return barOf(instances.means[step] ?? 0, most);
    });
    return `${policy.padEnd(names)}  ${cells.join('')}`.trimEnd();
  });
  const end = `${span(lastMs / 1000)}, at most ${most.toFixed(most < 10 ? 1 : 0)} instances on average`;
  return [...curves, `${' '.repeat(names)}  0${end.padStart(CURVE_COLUMNS - 1)}`];
}

function barOf(value: number, most: number): string {
  if (value <= 0) return ' ';
  return BARS[Math.min(BARS.length - 1, Math.floor((value / most) * BARS.length))] ?? ' ';
}

function notesOf({ scenario, forecasts }: Comparison): readonly string[] {
  const unfinished = forecasts.filter((forecast) => forecast.unfinished > 0);
  return [
    ...(scenario.pool.dollarsPerHour === undefined
      ? ['No price is known, so no cost is given. --price takes what an instance costs an hour.']
      : []),
    ...unfinished.map(
      ({ policy, unfinished: runs }) =>
        `${policy}: ${plural(runs, 'simulation')} did not end: 30 days were not enough, or batches were reclaimed again and again before they were done.`,
    ),
  ];
}

/** The document of `--json`. JSON has no Infinity: what did not end is null. */
export function comparisonJson({ scenario, ideal, forecasts, policies, simulations, seed }: Comparison): object {
  return {
    simulations,
    seed,
    work: scenario.work,
    pool: scenario.pool,
    ideal: { seconds: ideal.timeMs / 1000, instanceHours: ideal.instanceHours, ...dollarsField(ideal.dollars) },
    policies: forecasts.map(({ policy, timeMs, instances, dollars: cost, ...rest }, n) => ({
      policy,
      about: policies[n]?.about,
      seconds: {
        p10: timeMs.p10 / 1000,
        median: timeMs.median / 1000,
        p90: timeMs.p90 / 1000,
        mean: timeMs.mean / 1000,
      },
      ...dollarsField(cost),
      ...rest,
      instances: { stepSeconds: instances.stepMs / 1000, means: instances.means },
    })),
  };
}

const dollarsField = <Value>(value: Value | undefined): { readonly dollars?: Value } =>
  value === undefined ? {} : { dollars: value };

/** Prints a group of jobs as one table, a line for each job. */
import { bytes, count, dollars, oneLine, rate, span, tables, wrap } from '../display/format.js';
import { valueText, variablesOf } from '../display/job-tables.js';
import type { GroupJob } from './compare-group.js';

interface Column {
  readonly title: string;
  readonly isNumber: boolean;
  readonly cell: (job: GroupJob) => string;
}

export function groupLines(jobs: readonly GroupJob[], tolerance: number | undefined, width: number): readonly string[] {
  const [first] = jobs;
  const columns = columnsOf(jobs);
  const rows = [columns.map(({ title }) => title), ...jobs.map((job) => columns.map(({ cell }) => cell(job)))];
  const numbers = columns.flatMap(({ isNumber }, at) => (isNumber ? [at] : []));
  const within = tolerance === undefined ? '' : ` by more than ${tolerance}`;
  return [
    ...tables(rows, numbers, width),
    ...(first === undefined || jobs.length === 1
      ? []
      : [
          '',
          ...wrap(
            `DIFFER counts the items whose output differs${within} from that of ${first.job}, or that only one of the two jobs has.`,
            width,
          ),
        ]),
  ];
}

/** A figure that no job has is no column. */
function columnsOf(jobs: readonly GroupJob[]): readonly Column[] {
  const text = (title: string, cell: Column['cell']): Column => ({ title, isNumber: false, cell });
  const number = (title: string, cell: Column['cell']): Column => ({ title, isNumber: true, cell });
  const hasOneModel = new Set(jobs.map(({ model }) => model)).size <= 1;
  const columns = [
    text('JOB', ({ job }) => job),
    ...variablesOf(jobs).map((name) => text(oneLine(name), ({ values }) => valueText(values?.[name]))),
    ...(hasOneModel ? [] : [text('MODEL', ({ model }) => oneLine(model))]),
    text('STATE', ({ state }) => state),
    number('OK', ({ items }) => count(items.ok)),
    number('FAILED', ({ items }) => count(items.failed)),
    number('DIFFER', ({ fromFirst }) => (fromFirst === undefined ? '' : count(fromFirst.differ))),
    number('TIME', ({ seconds }) => span(seconds)),
    number('PACE', ({ itemsPerSecond }) => (itemsPerSecond === undefined ? '' : rate(itemsPerSecond))),
    number('ITEM', ({ itemMs }) => (itemMs === undefined ? '' : `${Number(itemMs.toPrecision(3))} ms`)),
    number('MEMORY', ({ slotMemoryBytes }) => (slotMemoryBytes === undefined ? '' : bytes(slotMemoryBytes))),
    number('INSTANCES', ({ instances }) => (instances === undefined ? '' : count(instances))),
    number('ON SPOT', ({ spotDollars }) => (spotDollars === undefined ? '' : dollars(spotDollars))),
  ];
  return columns.filter(({ cell }) => jobs.some((job) => cell(job) !== ''));
}

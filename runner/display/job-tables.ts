/** Renders a list of jobs as a table: all kinds of jobs, or those of one series. Pure. */
import type { JobProgress } from '../controller/report.js';
import { clockTime, count, fit, oneLine, percent, span, table, width } from './format.js';

/** A longer name would push everything else off a terminal's line. */
const MOST_NAME_COLUMNS = 24;
/** A shorter part of a name says nothing. */
const FEWEST_NAME_COLUMNS = 8;
/** A value is a number or a word. The tail of a longer one tells no jobs apart. */
const MOST_VALUE_COLUMNS = 20;
const GAP = 2;

/** The columns that matter most come first. Names and parents have a column when a job has one. `columns` is infinite for a pipe. */
export function jobTable(found: readonly JobProgress[], columns: number): readonly string[] {
  const isTerminal = Number.isFinite(columns);
  const hasName = found.some(({ name }) => name !== undefined);
  const hasParent = found.some(({ parent }) => parent !== undefined);
  const counts = [['JOB', 'STATE', 'DONE', 'FAILED', 'ITEMS'], ...found.map(countsOf)];
  const created = ['CREATED', ...found.map(({ createdAt }) => createdText(createdAt, isTerminal))];
  const names = nameColumn(found, isTerminal ? columns - widthOf(counts, created) : Infinity);
  const more = [
    [...(hasParent ? ['RERUN OF'] : []), 'MODEL', 'DATASET', 'BY'],
    ...found.map(({ parent = '', model, dataset, createdBy }) => [
      ...(hasParent ? [parent] : []),
      oneLine(model),
      oneLine(dataset),
      oneLine(createdBy),
    ]),
  ];
  const rows = counts.map((row, at) => [
    ...row,
    ...(hasName ? [names[at] ?? ''] : []),
    created[at] ?? '',
    ...(more[at] ?? []),
  ]);
  return table(rows, [2, 3, 4]);
}

const countsOf = (job: JobProgress): readonly string[] => [
  job.job,
  job.brokenOff === undefined ? job.state : `${job.state}, broken off`,
  percent(job.items.ok + job.items.failed, job.items.total),
  count(job.items.failed),
  count(job.items.total),
];

/** The seconds would take room that the name needs. */
const createdText = (at: string, isShort: boolean): string =>
  `${at.slice(0, 10)} ${isShort ? clockTime(at).slice(0, 5) : clockTime(at)}`;

const widthOf = (counts: readonly (readonly string[])[], created: readonly string[]): number =>
  Math.max(...table(counts.map((row, at) => [...row, created[at] ?? ''])).map(width)) + GAP;

function nameColumn(found: readonly JobProgress[], room: number): readonly string[] {
  const most = room === Infinity ? room : Math.max(FEWEST_NAME_COLUMNS, Math.min(MOST_NAME_COLUMNS, room));
  return ['NAME', ...found.map(({ name = '' }) => fit(oneLine(name), most))];
}

/** A column for each variable stands beside the counts. */
export function seriesTable(found: readonly JobProgress[], nowMs: number): readonly string[] {
  const variables = variablesOf(found.map(({ series }) => series));
  const header = ['JOB', ...variables.map(oneLine), 'STATE', 'DONE', 'OK', 'FAILED', 'TIME'];
  const rows = found.map((job) => [
    job.job,
    ...variables.map((name) => valueText(job.series?.values[name])),
    job.brokenOff === undefined ? job.state : `${job.state}, broken off`,
    percent(job.items.ok + job.items.failed, job.items.total),
    count(job.items.ok),
    count(job.items.failed),
    timeText(job, nowMs),
  ]);
  const first = 2 + variables.length;
  return table([header, ...rows], [first, first + 1, first + 2]);
}

/** The time of an end is for people, so it may be any text. */
function timeText({ createdAt, endedAt }: JobProgress, nowMs: number): string {
  const toMs = endedAt === undefined ? nowMs : Date.parse(endedAt);
  return Number.isNaN(toMs) ? '' : span((toMs - Date.parse(createdAt)) / 1000);
}

/** Jobs that were added to a series later may have other variables. */
export const variablesOf = (
  series: readonly ({ readonly values?: Readonly<Record<string, string>> } | undefined)[],
): readonly string[] => [...new Set(series.flatMap((each) => Object.keys(each?.values ?? {})))];

export const valueText = (value: string | undefined): string =>
  value === undefined ? '' : fit(oneLine(value), MOST_VALUE_COLUMNS);

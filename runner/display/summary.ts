/** Renders the summary at the end of a run: the outcome, the cost, and the instances that still run. */
import type { Colors } from 'picocolors/types.js';
import { splitLogEnd } from '../../core/contract/log-end.js';
import { shorten } from '../../core/shorten.js';
import { judgeJob } from '../../core/pool/success.js';
import { count, dollars, fit, oneLine, plural, span, table, width, withLocalTimes, wrap } from './format.js';
import type { JobSummary } from './views.js';

/** The results file holds all errors, so the summary shows only the most frequent codes. */
const SHOWN_ERROR_CODES = 5;
const NARROW_COLUMNS = 80;
/** An example below its code is indented, and has some four lines. */
const EXAMPLE_COLUMNS = 72;
const EXAMPLE_CHARACTERS = 280;
/** About ten lines of a terminal: the summary has room for a whole reason. */
const REASON_CHARACTERS = 1_000;
/** The instances of earlier commands are not known here: the record of the job has them. */
const SINCE_COMMAND = 'since this command began';

export function summaryLines(summary: JobSummary, style: { readonly colors: Colors }): readonly string[] {
  const { colors } = style;
  const name = (text: string): string => colors.dim(text);
  const rows: readonly (readonly [string, string])[] = [
    ['items', itemsText(summary, colors)],
    ['batches', batchesText(summary, colors)],
    ...(summary.reclaims === undefined ? [] : [['reclaims', reclaimsText(summary.reclaims)] as const]),
    ['handed back', plural(summary.handBacks, 'batch', 'batches')],
    ['computed twice', duplicateText(summary)],
    ...(summary.slots === undefined ? [] : [['slots', summary.slots] as const]),
    ...instancesRow(summary),
    ...costRow(summary),
    ...(summary.resultsFile === undefined ? [] : [['results', summary.resultsFile] as const]),
    ...(summary.instancesLeft === undefined
      ? []
      : [['still running', leftText(summary.instancesLeft, summary.otherJobs ?? [], colors)] as const]),
  ];
  return [
    '',
    headline(summary, colors),
    ...whyLines(summary, colors),
    ...table(rows.map(([label, value]) => [`  ${name(label)}`, value])),
    ...errorLines(summary, colors),
    ...(summary.next === undefined ? [] : ['', ...summary.next.split('\n').map((line) => `  ${line}`)]),
    '',
  ];
}

function headline(summary: JobSummary, colors: Colors): string {
  const good = nothingIsOk(summary) ? colors.yellow('!') : colors.green('✓');
  const mark = judgeJob(summary) === 'success' ? good : colors.red('✗');
  const seconds = summary.seconds === undefined ? undefined : span(summary.seconds);
  const after =
    seconds === undefined ? '' : summary.goesOn ? `, ${seconds} after this command began` : ` after ${seconds}`;
  return `${mark} Job ${colors.bold(summary.job)} ${BECAME[summary.state]}${after}${butText(summary)}.`;
}

export const BECAME: Readonly<Record<JobSummary['state'], string>> = {
  submitting: 'is being submitted',
  running: 'is running',
  complete: 'is complete',
  failed: 'failed',
  cancelled: 'was cancelled',
};

/** `--max-failed 100%` can make such a job a success. The headline still gets a warning mark. */
const nothingIsOk = ({ items }: JobSummary): boolean => items.ok === 0 && items.failed > 0;

/** Says why a complete job is no success, or hardly one. */
function butText(summary: JobSummary): string {
  const { state, batches, maxFailed } = summary;
  const success = judgeJob(summary);
  if (state !== 'complete') return '';
  if (success === 'success') {
    return nothingIsOk(summary) ? `, but no item succeeded (--max-failed ${maxFailed} allows that)` : '';
  }
  if (success === 'no-success') return `, but ${plural(batches.failed, 'batch was', 'batches were')} given up`;
  if (maxFailed === undefined) return ', but no item succeeded';
  return `, but more items failed than --max-failed ${maxFailed} allows`;
}

/** The reason of a job that is no success. The model's last output comes first, because it names the cause. */
function whyLines(summary: JobSummary, colors: Colors): readonly string[] {
  if (summary.reason === undefined || judgeJob(summary) === 'success') return [];
  const { said, words } = splitLogEnd(summary.reason);
  const reason = oneLine(withLocalTimes(shorten(said, REASON_CHARACTERS)));
  if (words === undefined) return [`  ${reason}`, ''];
  const lines = shorten(words, REASON_CHARACTERS).split('\n').map(oneLine);
  return ['', ...lines.map((line) => `  ${colors.red(line)}`), '', `  ${reason}`, ''];
}

function itemsText({ items }: JobSummary, colors: Colors): string {
  const missing = items.total - items.ok - items.failed;
  return [
    `${count(items.ok)} ok`,
    items.failed > 0 ? colors.yellow(`${count(items.failed)} failed`) : '0 failed',
    ...(missing > 0 ? [colors.red(`${count(missing)} without an outcome`)] : []),
  ].join(', ');
}

function batchesText({ batches }: JobSummary, colors: Colors): string {
  const givenUp = batches.failed > 0 ? `, ${colors.red(`${count(batches.failed)} given up`)}` : '';
  return `${count(batches.done)} of ${count(batches.total)} done${givenUp}`;
}

function instancesRow({ instances, instanceSeconds, goesOn }: JobSummary): readonly (readonly [string, string])[] {
  if (instances === undefined || instanceSeconds === undefined) return [];
  return [
    [
      'instances',
      `${count(instances)} ${goesOn ? SINCE_COMMAND : 'in total'}, ${count(instanceSeconds)} instance-seconds`,
    ],
  ];
}

function reclaimsText(reclaims: NonNullable<JobSummary['reclaims']>): string {
  const all = reclaims.withNotice + reclaims.withoutNotice;
  return all === 0 ? 'none' : `${all} (${reclaims.withNotice} with notice, ${reclaims.withoutNotice} without)`;
}

const duplicateText = ({ duplicateItems, lostItemsAtMost, items }: JobSummary): string => {
  const share = items.total === 0 ? 0 : (duplicateItems / items.total) * 100;
  const known = `${plural(duplicateItems, 'item')}${duplicateItems > 0 ? ` (${share.toFixed(1)} %)` : ''}`;
  if (lostItemsAtMost === 0) return known;
  return `${known}, and at most ${count(lostItemsAtMost)} more by workers that ended without a report`;
};

function costRow({ spotDollars, onDemandDollars, goesOn }: JobSummary): readonly (readonly [string, string])[] {
  if (spotDollars === undefined) return [];
  const onDemand = onDemandDollars === undefined ? '' : ` (On-Demand: ${dollars(onDemandDollars)})`;
  return [['cost', `${dollars(spotDollars)} on Spot${onDemand}${goesOn ? ` ${SINCE_COMMAND}` : ''}`]];
}

function leftText(instances: number, otherJobs: readonly string[], colors: Colors): string {
  if (instances === 0) return colors.green('0 instances') + ' (EC2 lists none)';
  const forWhom =
    otherJobs.length === 0 ? '' : `, for ${otherJobs.length === 1 ? 'job' : 'jobs'} ${otherJobs.join(', ')}`;
  return colors.yellow(plural(instances, 'instance') + forWhom);
}

export function errorLines(summary: Pick<JobSummary, 'errors'>, colors: Colors): readonly string[] {
  if (summary.errors.length === 0) return [];
  const shown = summary.errors.slice(0, SHOWN_ERROR_CODES);
  const more = summary.errors.length - shown.length;
  return [
    '',
    '  Why items failed, with one example per error code:',
    ...exampleLines(shown, colors),
    ...(more > 0 ? [`  and ${plural(more, 'more error code')}`] : []),
  ];
}

/** A line for each code where that fits a narrow terminal; else the examples are below their codes. */
function exampleLines(errors: JobSummary['errors'], colors: Colors): readonly string[] {
  const told = errors.map(({ code, count: times, example }) => ({
    times: count(times),
    code: colors.yellow(oneLine(code)),
    example: oneLine(shorten(example, EXAMPLE_CHARACTERS)),
  }));
  const rows = told.map(({ times, code, example }) => [`    ${times}`, code, colors.dim(example)]);
  const lines = table(rows, [0]);
  if (lines.every((line) => width(line) < NARROW_COLUMNS)) return lines;
  return told.flatMap(({ times, code, example }) => [
    `    ${times}  ${code}`,
    ...wrap(example, EXAMPLE_COLUMNS).map((line) => `      ${colors.dim(fit(line, EXAMPLE_COLUMNS))}`),
  ]);
}

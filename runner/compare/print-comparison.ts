/** Prints a comparison of two jobs for people. */
import type { ChangedField, ComparedItems } from '../../core/compare/comparison.js';
import type { OutputChange } from '../../core/compare/output-changes.js';
import { shorten } from '../../core/shorten.js';
import { bytes, count, dollars, oneLine, plural, rate, span, table } from '../display/format.js';
import type { ComparedJob } from './compared-job.js';
import type { JobsComparison } from './compare-jobs.js';

const SHOWN_FIELDS = 20;
const SHOWN_ITEMS = 5;
const VALUE_CHARACTERS = 30;
const MESSAGE_CHARACTERS = 100;

export function comparisonLines(
  [before, after]: readonly [ComparedJob, ComparedJob],
  found: JobsComparison,
  tolerance: number | undefined,
): readonly string[] {
  const { fields, newlyFailed, newlyOk, changed } = found;
  const within = tolerance === undefined ? '' : `, within ${tolerance}`;
  return [
    ...table(countRows(found.items, before.job, after.job, within), [1]),
    ...section('Fields that changed:', table(fields.slice(0, SHOWN_FIELDS).map(fieldRow))),
    ...moreText(fields.length - SHOWN_FIELDS, found.moreFields),
    ...section(
      'The largest changes:',
      changed.slice(0, SHOWN_ITEMS).map(({ index, changes }) => `item ${index}: ${changes.map(changeText).join('; ')}`),
    ),
    ...section(
      'Newly failed:',
      newlyFailed
        .slice(0, SHOWN_ITEMS)
        .map(
          ({ index, code, message }) =>
            `item ${index}: ${oneLine(code)}: ${oneLine(shorten(message, MESSAGE_CHARACTERS))}`,
        ),
    ),
    ...section(
      'Newly ok:',
      newlyOk.slice(0, SHOWN_ITEMS).map(({ index, code }) => `item ${index}, which failed with ${oneLine(code)}`),
    ),
    '',
    ...table(sideBySide(before, after)),
  ];
}

function countRows(
  items: ComparedItems,
  before: string,
  after: string,
  within: string,
): readonly (readonly [string, string])[] {
  const rows: readonly (readonly [string, number, boolean])[] = [
    [`equal${within}`, items.equal, true],
    ['changed', items.changed, true],
    ['newly failed', items.newlyFailed, true],
    ['newly ok', items.newlyOk, true],
    ['failed in both', items.failedInBoth, items.failedInBoth > 0],
    [`only in ${before}`, items.onlyBefore, items.onlyBefore > 0],
    [`only in ${after}`, items.onlyAfter, items.onlyAfter > 0],
  ];
  return rows.flatMap(([label, value, isShown]) => (isShown ? [[label, count(value)] as const] : []));
}

const section = (title: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [] : ['', title, ...lines.map((line) => `  ${line}`)];

function moreText(more: number, isCut: boolean): readonly string[] {
  if (more <= 0) return [];
  return [`  and ${isCut ? 'more than ' : ''}${plural(more, 'more field')} (--json has them)`];
}

function fieldRow({ field, items, difference, example }: ChangedField): readonly string[] {
  const largest = difference === undefined ? '' : `by up to ${shortNumber(difference)}`;
  return [
    oneLine(field),
    plural(items, 'item'),
    largest,
    `item ${example.index}: ${valueText(example.before)} → ${valueText(example.after)}`,
  ];
}

const changeText = ({ path, before, after }: OutputChange): string =>
  `${oneLine(path)} ${valueText(before)} → ${valueText(after)}`;

const valueText = (text: string | undefined): string =>
  text === undefined ? 'nothing' : oneLine(shorten(text, VALUE_CHARACTERS));

const shortNumber = (value: number): string =>
  Number.isFinite(value) ? String(Number(value.toPrecision(3))) : 'more than a double holds';

function sideBySide(before: ComparedJob, after: ComparedJob): readonly (readonly string[])[] {
  const row = (label: string, read: (job: ComparedJob) => string): readonly string[] => [
    label,
    read(before),
    read(after),
  ];
  const hasName = before.name !== undefined || after.name !== undefined;
  const rows = [
    ...(hasName ? [row('name', ({ name = '' }) => oneLine(name))] : []),
    row('model', ({ model }) => oneLine(model)),
    row('state', ({ state }) => state),
    row('items', ({ items }) => `${count(items.ok)} ok, ${count(items.failed)} failed`),
    row('time', ({ seconds }) => span(seconds)),
    row('pace', ({ itemsPerSecond }) => (itemsPerSecond === undefined ? '' : rate(itemsPerSecond))),
    row('an item', ({ itemMs }) => (itemMs === undefined ? '' : `${Number(itemMs.toPrecision(3))} ms`)),
    row('memory of a slot', ({ slotMemoryBytes }) => (slotMemoryBytes === undefined ? '' : bytes(slotMemoryBytes))),
    row('instances', ({ instances, instanceSeconds = 0 }) =>
      instances === undefined ? '' : `${count(instances)}, together ${span(instanceSeconds)}`,
    ),
    row('on Spot', ({ spotDollars }) => (spotDollars === undefined ? '' : dollars(spotDollars))),
  ];
  // A figure that neither job has is no row.
  return [row('', ({ job }) => job), ...rows.filter(([, ...cells]) => cells.some((cell) => cell !== ''))];
}

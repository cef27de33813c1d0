/** Prints what `try` found, for people. */
import { splitLogEnd } from '../../core/contract/log-end.js';
import { isLoss } from '../../core/probe/losses.js';
import { perItem } from '../../core/probe/pace.js';
import type { ProbeResult } from '../../core/probe/probe.js';
import { leftOutText, missedText } from '../follow/shipped-files.js';
import { bytes, count, fit, oneLine, plural, span, table, width, wrap } from '../display/format.js';
import type { Terminal } from '../display/terminal.js';
import { duration } from './duration.js';
import { isUsable, type TriedItem, type TryReport } from './try-report.js';

/** More rows say nothing new, and failed items are listed by themselves. */
const SHOWN_ITEMS = 10;
const SHOWN_ERRORS = 5;
const SHOWN_LOG_LINES = 12;
const SHOWN_DIFFERENCES = 5;
const LABEL_COLUMNS = 10;
const MOST_ID_COLUMNS = 16;
const LEAST_COLUMNS = 60;
const MOST_COLUMNS = 160;

export function printReport(terminal: Terminal, report: TryReport): void {
  const columns = Math.min(MOST_COLUMNS, Math.max(LEAST_COLUMNS, terminal.size().columns));
  const { bold, red, green } = terminal.colors;
  const say = (...lines: readonly string[]): void => lines.forEach((line) => terminal.out(`${line}\n`));
  say(...itemLines(report, columns, terminal));
  say(...errorLines(report, columns));
  say(...faultLines(report, terminal));
  for (const [name, text] of facts(report)) {
    const [first = '', ...more] = wrap(text, columns - LABEL_COLUMNS);
    say(`${bold(name.padEnd(LABEL_COLUMNS - 1))} ${first}`, ...more.map((line) => ' '.repeat(LABEL_COLUMNS) + line));
  }
  say(...repeatedLines(report, columns));
  say('', isUsable(report) ? green(verdict(report)) : red(verdict(report)));
}

function itemLines({ items }: TryReport, columns: number, { colors }: Terminal): readonly string[] {
  const computed = items.filter(({ result }) => result !== undefined);
  if (computed.length === 0) return [];
  const shown = spread(computed, SHOWN_ITEMS);
  const places = Math.max(...shown.map(({ index }) => String(index).length), 4);
  const ids = shown.map(({ idJson = '' }) => fit(oneLine(idJson), MOST_ID_COLUMNS));
  const idColumns = Math.max(...ids.map(width));
  const half = Math.floor((columns - places - 4 - (idColumns === 0 ? 0 : Math.max(idColumns, 2) + 2)) / 2);
  const rows = shown.map(({ index, input, result }, n) => [
    String(index),
    ...(idColumns === 0 ? [] : [ids[n] ?? '']),
    fit(oneLine(inputText(input)), half),
    result?.ok === false ? colors.red(fit(resultText(result), half)) : fit(resultText(result), half),
  ]);
  const head = ['item', ...(idColumns === 0 ? [] : ['id']), 'input', 'output'];
  return [...table([head, ...rows], [0]), ''];
}

const inputText = (input: TriedItem['input']): string =>
  input.kind === 'item' ? input.json : `(${input.error.message})`;

function resultText(result: ProbeResult | undefined): string {
  if (result === undefined) return '';
  if (result.ok) return oneLine(result.outputJson);
  const { said, words } = splitLogEnd(result.error.message);
  return oneLine(`${result.error.code}: ${words ?? said}`);
}

function spread<T>(all: readonly T[], most: number): readonly T[] {
  if (all.length <= most) return all;
  return Array.from({ length: most }, (_, n) => all[Math.round((n * (all.length - 1)) / (most - 1))] as T);
}

/** Lists the errors that the model itself gave, each kind once. */
function errorLines({ items, ok, failed, faults }: TryReport, columns: number): readonly string[] {
  const kinds = new Map<string, { readonly first: number; readonly text: string; times: number }>();
  for (const { index, result } of items) {
    if (result === undefined || result.ok || (isLoss(result) && faults.length > 0)) continue;
    const text = resultText(result);
    const known = kinds.get(text.replaceAll(/\d+/g, '#'));
    if (known === undefined) kinds.set(text.replaceAll(/\d+/g, '#'), { first: index, text, times: 1 });
    else known.times += 1;
  }
  if (kinds.size === 0) return [];
  const shown = [...kinds.values()].toSorted((a, b) => b.times - a.times).slice(0, SHOWN_ERRORS);
  return [
    `${count(failed)} of ${plural(ok + failed, 'item')} failed:`,
    ...shown.map(({ first, text, times }) => fit(`  ${count(times)}×  ${text} (first: item ${first})`, columns * 2)),
    ...(kinds.size > shown.length ? [`  and ${plural(kinds.size - shown.length, 'other error')}`] : []),
    '',
  ];
}

function faultLines({ faults, items, log, loadMs, model }: TryReport, { colors }: Terminal): readonly string[] {
  const lost = items.filter(({ result }) => result !== undefined && isLoss(result)).map(({ index }) => index);
  const onItems =
    lost.length === 0 || model.start.kind === 'filter'
      ? []
      : [`It happened with ${itemNames(lost)}. Try one alone to see it again.`];
  const lines = faults.flatMap((fault, n) => [
    colors.red(`fault     ${fault.sentence}`),
    ...(n === 0 ? fault.log.slice(-SHOWN_LOG_LINES).map((line) => colors.dim(`  | ${line}`)) : []),
  ]);
  if (faults.length > 0) return [...lines, ...onItems, ''];
  if (loadMs === undefined || log.length === 0) return [];
  return [
    'The model printed, at the end:',
    ...log.slice(-SHOWN_LOG_LINES).map((line) => colors.dim(`  | ${line}`)),
    '',
  ];
}

const itemNames = (indexes: readonly number[]): string =>
  `${indexes.length === 1 ? 'item' : 'items'} ${indexes.slice(0, SHOWN_ERRORS).join(', ')}${indexes.length > SHOWN_ERRORS ? ' and others' : ''}`;

function facts(report: TryReport): readonly (readonly [string, string])[] {
  const { pace, loadMs, prepareMs, memoryBytes, memoryLimitBytes, outputBytes, shipped, sample, model } = report;
  const all: (readonly [string, string | undefined])[] = [
    ['sample', sampleText(report)],
    ['shipped', shippedText(report)],
    ['', leftOutText(shipped)],
    ['', missedText(shipped)],
    ['weights', model.weights && `${plural(model.weights.files, 'file')}, ${bytes(model.weights.bytes)}`],
    [
      'load',
      loadMs === undefined
        ? undefined
        : `${duration(loadMs)}${prepareMs < 1_000 ? '' : ` (and ${duration(prepareMs)} to unpack and set up)`}`,
    ],
    ['pace', pace && paceText(pace)],
    [
      'memory',
      memoryBytes === 0 ? undefined : `${bytes(memoryBytes)} at most (a slot may use ${bytes(memoryLimitBytes)} here)`,
    ],
    [
      'outputs',
      outputBytes === undefined
        ? undefined
        : `${bytes(outputBytes)} an item${sample.isWhole ? `, so ${bytes(outputBytes * sample.seen)} in all` : ''}`,
    ],
  ];
  return all.flatMap(([name, text]) => (text === undefined ? [] : [[name, text] as const]));
}

function sampleText({ ok, failed, sample }: TryReport): string {
  const computed = ok + failed;
  const of = lookedAtText(sample);
  const left =
    computed < sample.items ? `; the other ${count(sample.items - computed)} of the sample were not computed` : '';
  return `${plural(computed, 'item')} from all over ${of}: ${count(ok)} ok, ${count(failed)} failed${left}`;
}

function lookedAtText({ isWhole, seen, files }: TryReport['sample']): string {
  const items = plural(seen, 'item');
  if (isWhole) return `the ${items} of the dataset`;
  if (files === undefined) return `the first ${items} of the dataset (it was not read to its end)`;
  return `${items} of ${plural(files.read, 'file')}, spread over the ${plural(files.of, 'file')} of the dataset (items are numbered as they were read)`;
}

function shippedText({ shipped }: TryReport): string {
  const largest = shipped.largest.map((file) => `${oneLine(file.path)} (${bytes(file.bytes)})`).join(', ');
  const names = largest === '' ? oneLine(shipped.paths.find((path) => path !== '.') ?? '') : `the largest: ${largest}`;
  return `${plural(shipped.files, 'file')}, ${bytes(shipped.bytes)} (${bytes(shipped.packedBytes)} compressed)${names === '' ? '' : `; ${names}`}`;
}

function paceText({ msPerItem, medianMsPerItem, slowest, coresUsed }: NonNullable<TryReport['pace']>): string {
  const where =
    slowest.firstIndex === slowest.lastIndex
      ? `item ${slowest.firstIndex}`
      : `the slice with items ${slowest.firstIndex} to ${slowest.lastIndex}`;
  return [
    `${duration(msPerItem)} an item (median ${duration(medianMsPerItem)}; slowest ${duration(perItem(slowest))}, ${where})`,
    // The time in which the model waits for a core counts, so that this may be more than the machine has.
    ...(coresUsed === undefined ? [] : [`it keeps ${coresUsed.toFixed(coresUsed < 10 ? 1 : 0)} cores busy`]),
  ].join('; ');
}

function repeatedLines({ repeated }: TryReport, columns: number): readonly string[] {
  if (repeated === undefined) return [];
  const { items, differences } = repeated;
  if (differences.length === 0)
    return [`twice     all ${plural(items, 'item')} gave the same again, in a fresh process and in other slices`];
  return [
    `twice     ${count(differences.length)} of ${plural(items, 'item')} gave something else the second time:`,
    ...differences.slice(0, SHOWN_DIFFERENCES).flatMap(({ index, first, second }) => {
      const label = `          item ${index}: `;
      const room = columns - width(label);
      return [
        `${label}${fit(resultText(first), room)}`,
        `${' '.repeat(width(label) - 6)}then: ${fit(resultText(second), room)}`,
      ];
    }),
    ...(differences.length > SHOWN_DIFFERENCES
      ? [`          and ${count(differences.length - SHOWN_DIFFERENCES)} more`]
      : []),
  ];
}

function verdict(report: TryReport): string {
  const { faults, ok, failed, needed, pace } = report;
  if (faults.some(({ reach }) => reach === 'everywhere'))
    return 'This model has the same fault on every instance. Nothing was sent, and nothing was started.';
  if (faults.length > 0) return 'This model does not work on this machine. Nothing was sent, and nothing was started.';
  if (ok === 0)
    return failed === 0
      ? 'No item was computed.'
      : 'No item came out right. Nothing was sent, and nothing was started.';
  if (needed === undefined || pace === undefined) return 'The model works here.';
  const total =
    needed.slotSeconds >= 360
      ? `${(needed.slotSeconds / 3600).toFixed(1)} slot-hours`
      : `${span(Math.max(1, needed.slotSeconds))} of one slot`;
  const with_ = needed.slots === 1 ? '' : `; ${needed.slots} slots would take ${around(needed.seconds)}`;
  return `${plural(needed.items, 'item')} at ${duration(pace.msPerItem)}: ${total}${with_}.`;
}

const around = (seconds: number): string =>
  seconds < 90
    ? `${Math.ceil(seconds)} s`
    : seconds < 5_400
      ? `${Math.round(seconds / 60)} min`
      : `${(seconds / 3600).toFixed(1)} h`;

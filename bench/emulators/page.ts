/** Generates docs/reports/localstack.md from the records, the notes and page-text.ts. Every run checks that the page is current. */
import { readFileSync, writeFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';
import { markdownTable, type Row } from '../support/table.js';
import { CATALOGUE, type EmulatorName, EMULATORS } from './catalogue.js';
import { type Caught, readCaught } from './breaks.js';
import { meaningOf } from './notes.js';
import { BEFORE } from './page-text.js';
import { type EmulatorRecord, type RecordedFeature, readRecord, testName, type VersionRecord } from './record.js';

export const PAGE = 'docs/reports/localstack.md';

export interface PageColumn {
  readonly emulator: EmulatorName;
  readonly title: string;
  readonly record: VersionRecord;
}

export const columnsOf = (records: Readonly<Record<EmulatorName, EmulatorRecord>>): readonly PageColumn[] =>
  EMULATORS.flatMap((emulator) =>
    Object.entries(records[emulator]).map(([version, record]) => ({
      emulator,
      title: `${CATALOGUE[emulator].title} ${version}`,
      record,
    })),
  );

export async function writePage(): Promise<void> {
  writeFileSync(PAGE, await madePage());
}

export const isPageCurrent = async (): Promise<boolean> => readFileSync(PAGE, 'utf8') === (await madePage());

async function madePage(): Promise<string> {
  const records = { localstack: readRecord('localstack'), moto: readRecord('moto') };
  const options = await resolveConfig(PAGE);
  const parts = [BEFORE, differences(columnsOf(records)), breaksTable(readCaught())];
  return format(parts.join('\n\n'), { ...options, parser: 'markdown' });
}

/** Returns the table of features, and below it the failing tests with their reasons. */
export function differences(columns: readonly PageColumn[]): string {
  const features = [...new Set(columns.flatMap(({ record }) => Object.keys(record)))].sort();
  const differing = features.filter((feature) => columns.some(({ record }) => countIn(record[feature]) > 0));
  const header = ['feature', ...columns.map(({ title }) => title), 'what it means for spotpool'];
  // Prettier would pad the columns to the longest sentence, which makes the table unreadable.
  const table = `<!-- prettier-ignore -->\n${markdownTable(
    header,
    [...differing.map((feature) => rowOf(feature, columns)), sumRow(columns)],
    [0, header.length - 1],
  )}`;
  return [table, ...columns.map((column) => `### ${column.title}\n\n${listOf(column)}`)].join('\n\n');
}

/** Returns the table of breaks, with the tests that caught each. */
function breaksTable(caught: readonly Caught[]): string {
  if (caught.length === 0) return '';
  const rows = caught.map(({ title, emulator, version, by }) => [
    title,
    `${CATALOGUE[emulator].title} ${version}`,
    by.map((test) => test.replace(/^end-to-end: /, '')).join('; '),
  ]);
  const how =
    '`npm run test:localstack -- --breaks` breaks the product on purpose, one line at a time (bench/emulators/breaks.ts), and runs the end-to-end suite on it.';
  return `## What the suite catches\n\n${how}\n\n<!-- prettier-ignore -->\n${markdownTable(['break', 'emulator', 'failing test'], rows, [0, 1, 2])}`;
}

const countIn = (feature: RecordedFeature | undefined): number => Object.keys(feature?.differences ?? {}).length;

function rowOf(feature: string, columns: readonly PageColumn[]): Row {
  const counts = columns.map(({ record }) => {
    const found = record[feature];
    return found === undefined ? '–' : `${countIn(found)} of ${found.tests}`;
  });
  return [feature, ...counts, meanings(feature, columns)];
}

/** Returns each note once, in the order of the tests. A note that does not apply to all emulators begins with their names. */
function meanings(feature: string, columns: readonly PageColumn[]): string {
  const emulatorsByNote = new Map<string, Set<EmulatorName>>();
  for (const { emulator, record } of columns) {
    for (const test of Object.keys(record[feature]?.differences ?? {})) {
      const meaning = meaningOf(testName(feature, test), emulator) ?? '';
      emulatorsByNote.set(meaning, (emulatorsByNote.get(meaning) ?? new Set()).add(emulator));
    }
  }
  const emulators = new Set(columns.map(({ emulator }) => emulator)).size;
  return [...emulatorsByNote]
    .map(([meaning, of]) =>
      of.size === emulators ? meaning : `${[...of].map((name) => CATALOGUE[name].title).join()}: ${meaning}`,
    )
    .join(' ');
}

function sumRow(columns: readonly PageColumn[]): Row {
  const sums = columns.map(({ record }) => {
    const features = Object.values(record);
    const differing = features.reduce((sum, feature) => sum + countIn(feature), 0);
    return `${differing} of ${features.reduce((sum, { tests }) => sum + tests, 0)}`;
  });
  return ['all', ...sums, ''];
}

function listOf({ record }: PageColumn): string {
  const items = Object.entries(record).flatMap(([feature, { differences: found }]) => {
    const tests = Object.entries(found).map(([test, reason]) => `  - ${asText(shortened(test))} — ${asText(reason)}`);
    return tests.length === 0 ? [] : [`- ${feature}`, ...tests];
  });
  return items.length === 0 ? 'Nothing.' : items.join('\n');
}

/** A test's name may contain its data, and be long. */
const MOST_NAME_CHARACTERS = 120;

const shortened = (name: string): string =>
  name.length > MOST_NAME_CHARACTERS ? `${name.slice(0, MOST_NAME_CHARACTERS)} …` : name;

/** Escapes characters that Markdown would take for markup. */
const asText = (text: string): string => text.replace(/[|<>*_`[\]\\]/g, (sign) => `\\${sign}`);

/** Writes the table of results, as text and as docs/reports/conformance.md. */
import { markdownTable, type Row, textTable } from '../support/table.js';
import type { FeatureResult, SuiteResult } from './tally.js';

export interface Column {
  readonly title: string;
  /** Services that the peer lacks do not count as failures. */
  readonly services: readonly string[] | 'all';
  readonly result: SuiteResult;
  /** How often the peer's process ended by itself and was started again. */
  readonly ends?: number;
}

export interface LeftOut {
  readonly title: string;
  readonly reason: string;
}

const NOT_SERVED = '–';

export const failuresIn = (result: SuiteResult): number =>
  result.reduce((sum, { failures }) => sum + failures.length, 0);

function rowsOf(columns: readonly Column[]): readonly Row[] {
  const [first] = columns;
  const keys = new Map<string, FeatureResult>();
  for (const { result } of columns)
    for (const feature of result) keys.set(keyOf(feature), keys.get(keyOf(feature)) ?? feature);
  const ordered = [...keys.values()].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  if (first === undefined) return [];
  return [
    ...ordered.map((feature) => [
      `${feature.service}: ${feature.feature}`,
      ...columns.map((column) => cellOf(column, feature)),
    ]),
    ['all', ...columns.map(({ result }) => countOf(result))],
  ];
}

const keyOf = ({ service, feature }: FeatureResult): string => `${service}\n${feature}`;

function cellOf({ result, services }: Column, wanted: FeatureResult): string {
  if (services !== 'all' && !services.includes(wanted.service)) return NOT_SERVED;
  const found = result.find((feature) => keyOf(feature) === keyOf(wanted));
  return found === undefined ? NOT_SERVED : countOf([found]);
}

function countOf(features: SuiteResult): string {
  const passed = features.reduce((sum, feature) => sum + feature.passed, 0);
  const skipped = features.reduce((sum, feature) => sum + feature.skipped, 0);
  return `${passed} of ${passed + failuresIn(features)}${skipped === 0 ? '' : ` (${skipped} skipped)`}`;
}

export function printedReport(columns: readonly Column[], leftOut: readonly LeftOut[]): string {
  const table = textTable(['passed', ...columns.map(({ title }) => title)], rowsOf(columns));
  // Failures of peers are too many for the terminal; the page lists them.
  const failures = (columns[0]?.result ?? []).flatMap(({ service, feature, failures }) =>
    failures.map(({ test, reason }) => `  ${service}: ${feature}: ${test}\n    ${reason}`),
  );
  return [
    table,
    ...(failures.length === 0 ? [] : ['', 'What failed:', ...failures]),
    ...leftOut.map(({ title, reason }) => `\nLeft out: ${title}: ${reason}`),
  ].join('\n');
}

export function conformancePage(columns: readonly Column[], leftOut: readonly LeftOut[]): string {
  const peers = columns.slice(1);
  return `<!-- Made by \`npm run conformance -- --peers\`. -->

# Conformance

\`test/conformance/\` is written from AWS's documentation and speaks only through the AWS SDK for JavaScript. It runs against any endpoint:

\`\`\`
npm run conformance                                  # a local cloud of its own
ENDPOINT=http://127.0.0.1:4566 npm run conformance   # any other; AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY if it checks them
npm run conformance -- --peers                       # the local cloud, then other emulators; writes this page
\`\`\`

How many tests of a feature pass. ${NOT_SERVED}: the emulator does not have the service. The tests ask for what spotpool's local cloud claims to do, no more and no
less: they do not measure what the others do beyond it. A test counts as passed only when all it checks holds, the error's code
included; a test that fails may be one small difference that does not matter to you: the reasons are below.

${markdownTable(['feature', ...columns.map(({ title }) => title)], rowsOf(columns))}

${leftOut.map(({ title, reason }) => `- ${title} was left out: ${reason}`).join('\n')}

## What failed

${peers.map(failuresOf).join('\n\n')}
`;
}

function failuresOf({ title, result, ends = 0 }: Column): string {
  const failing = result.filter(({ failures }) => failures.length > 0);
  // The failures are a list, because a table would be padded to its longest cell.
  const items = failing.flatMap(({ service, feature, failures }) => [
    `- ${service}: ${feature}`,
    ...failures.map(({ test, reason }) => `  - ${asText(shortened(test))} — ${asText(reason)}`),
  ]);
  const endings = ends === 0 ? '' : 'Some requests ended its process, which was started again each time.\n\n';
  return `### ${title}\n\n${endings}${items.length === 0 ? 'Nothing.' : items.join('\n')}`;
}

/** Names that contain a test's data can be long. */
const MOST_NAME_CHARACTERS = 120;

const shortened = (name: string): string =>
  name.length > MOST_NAME_CHARACTERS ? `${name.slice(0, MOST_NAME_CHARACTERS)} …` : name;

/** Error texts contain characters that Markdown would read as markup. */
const asText = (text: string): string => text.replace(/[|<>*_`[\]\\]/g, (sign) => `\\${sign}`);

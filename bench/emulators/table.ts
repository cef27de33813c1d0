/** Formats the output of a run: one table of both suites, then the findings. */
import { type Row as Line, textTable } from '../support/table.js';
import type { Finding, Judgement, Row } from './judge.js';

const HEADER: Line = ['', 'passed', 'known difference', 'broken'];

export function printedTable(judgements: readonly Judgement[]): string {
  const rows = judgements.flatMap((judgement) => judgement.rows);
  const findings = judgements.flatMap((judgement) => judgement.findings);
  return [
    textTable(HEADER, [...rows.map(lineOf), lineOf(sumOf(rows))]),
    ...listed(
      'Not as expected:',
      findings.filter(({ isHarmless }) => !isHarmless),
    ),
    ...listed(
      'Skipped:',
      judgements.flatMap(({ skips }) => skips),
    ),
    ...listed(
      'Different from the record (this alone does not fail the run):',
      findings.filter(({ isHarmless }) => isHarmless),
    ),
  ].join('\n');
}

const lineOf = ({ feature, passed, asKnown, broken, skipped }: Row): Line => [
  `${feature}${skipped === 0 ? '' : ` (${skipped} skipped)`}`,
  ...[passed, asKnown, broken].map((count) => (count === 0 ? '·' : String(count))),
];

function sumOf(rows: readonly Row[]): Row {
  const sum = (field: 'passed' | 'asKnown' | 'broken' | 'skipped'): number =>
    rows.reduce((total, row) => total + row[field], 0);
  const total = { passed: sum('passed'), asKnown: sum('asKnown'), broken: sum('broken'), skipped: sum('skipped') };
  return { feature: 'all', ...total };
}

const listed = (title: string, findings: readonly Finding[]): readonly string[] =>
  findings.length === 0 ? [] : ['', title, ...findings.map(({ test, what }) => `  ${test}\n    ${indented(what)}`)];

const indented = (text: string): string => text.replaceAll('\n', '\n    ');

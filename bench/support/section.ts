/** The tables of a benchmark, which the terminal and the page in docs/ share. */
import { markdownTable, type Row, textTable } from './table.js';

export interface Target {
  /** The target, with its figure. */
  readonly wanted: string;
  readonly measured: string;
  readonly isMet: boolean;
}

export interface Section {
  readonly title: string;
  /** How the figures were measured, in a sentence or two. */
  readonly how: string;
  readonly header: Row;
  readonly rows: readonly Row[];
  readonly targets: readonly Target[];
  /** Notes written by hand: what the figures mean, and why a target is missed. */
  readonly notes?: readonly string[];
}

const targetLine = ({ wanted, measured, isMet }: Target): string =>
  `${isMet ? '✓ met' : '✗ MISSED'}: ${wanted}: ${measured}`;

export function printedSection({ title, how, header, rows, targets, notes = [] }: Section): string {
  const lines = [`\n${title}`, how, '', textTable(header, rows)];
  if (targets.length > 0) lines.push('', ...targets.map(targetLine));
  for (const note of notes) lines.push('', note);
  return `${lines.join('\n')}\n`;
}

export function markdownSection({ title, how, header, rows, targets, notes = [] }: Section): string {
  const lines = [`## ${title}`, '', how, '', markdownTable(header, rows)];
  if (targets.length > 0) lines.push('', ...targets.map((target) => `- ${targetLine(target)}`));
  for (const note of notes) lines.push('', note);
  return `${lines.join('\n')}\n`;
}

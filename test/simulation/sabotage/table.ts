/** The table of the sabotages in docs/reports/simulation.md, between two marks. */
import type { Sabotage } from './sabotages.js';

export interface Found {
  readonly sabotage: Sabotage;
  /** The first seed in which the changed code ran. */
  readonly reachedAt: number | undefined;
  /** The seed that found it; undefined when none did. */
  readonly seed: number | undefined;
  readonly problem: string | undefined;
  /** How many seeds were run. */
  readonly seeds: number;
}

const BEGIN = '<!-- sabotages: begin -->';
const END = '<!-- sabotages: end -->';
const SHOWN_CHARACTERS = 160;

export function writeTable(page: string, results: readonly Found[], most: number): string {
  const [before, rest] = page.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined)
    throw new Error(`The page has no place between ${BEGIN} and ${END}.`);
  return `${before}${BEGIN}\n\n${table(results, most)}\n${END}${after}`;
}

function table(results: readonly Found[], most: number): string {
  const found = results.filter(({ seed }) => seed !== undefined).length;
  const rows = results.map(({ sabotage, reachedAt, seed, problem }) =>
    [sabotage.rule, sabotage.what, reachedAt ?? 'never', foundBy(sabotage, seed, most), shown(problem)].join(' | '),
  );
  return [
    `${found} of ${results.length} sabotages were found, with at most ${most} seeds each.`,
    '',
    '| rule | sabotage | first reached in seed | found by seed | what the check said |',
    '| --- | --- | --- | --- | --- |',
    ...rows.map((row) => `| ${row} |`),
    '',
  ].join('\n');
}

function foundBy({ scenario }: Sabotage, seed: number | undefined, most: number): string {
  if (seed === undefined) return scenario === undefined ? `none of ${most}` : 'not by its scenario';
  return scenario === undefined ? String(seed) : 'its scenario';
}

/** A stack names files of the machine that ran the sabotage, which tell a reader nothing. */
const STACK = /\s+at [^(]+ \(file:[\s\S]*$/;

/** A message of a check, in one cell. */
function shown(problem: string | undefined): string {
  if (problem === undefined) return '';
  const line = problem.replace(STACK, '').replaceAll(/\s+/g, ' ').replaceAll('|', '/').replaceAll('`', "'");
  return `\`${line.length > SHOWN_CHARACTERS ? `${line.slice(0, SHOWN_CHARACTERS)}…` : line}\``;
}

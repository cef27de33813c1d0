/** Writes docs/reports/benchmarks.md from the sections of a run. */
import { writeFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';
import { markdownSection, type Section } from '../support/section.js';
import { NOT_MEASURED } from './notes.js';

const PAGE = 'docs/reports/benchmarks.md';

export interface RunFacts {
  readonly machine: string;
  readonly isQuick: boolean;
  readonly rounds: number;
}

export async function writePage(sections: readonly Section[], facts: RunFacts): Promise<void> {
  const page = pageOf(sections, facts);
  writeFileSync(PAGE, await format(page, { ...(await resolveConfig(PAGE)), parser: 'markdown' }));
  process.stderr.write(`Wrote ${PAGE}.\n`);
}

export function pageOf(sections: readonly Section[], { machine, isQuick, rounds }: RunFacts): string {
  const quick = isQuick
    ? ' **Quick: two repetitions of a part of the work, which shows that it works and little more; `npm run bench -- --write` makes the real ones.**'
    : '';
  return `# Benchmarks

\`npm run bench -- ${isQuick ? '--quick ' : ''}--write\`, on ${new Date().toISOString().slice(0, 10)}: ${machine}.${quick}

All against the [local cloud](../reference/local-cloud.md), a process of its own, whose replies are held back as long as a table says. Whoever is compared with in a table was measured in the same
run, in an order that alternates. Figures are medians (least – most) of ${rounds} repetitions, unless a table says otherwise; ratios are of medians. Of every job that was run to its end each outcome was read and checked. \`npm run bench -- --only <section> …\` measures a part.

${summaryOf(sections)}

${sections.map(markdownSection).join('\n')}
## Not measured

${NOT_MEASURED.map((line) => `- ${line}`).join('\n')}

How fast the local cloud itself is: [benchmarks-local.md](benchmarks-local.md).
`;
}

/** Returns how many targets are met, and which are not. */
export function summaryOf(sections: readonly Section[]): string {
  const all = sections.flatMap(({ title, targets }) => targets.map((target) => ({ title, ...target })));
  const missed = all.filter(({ isMet }) => !isMet);
  const lines = missed.map(({ title, wanted, measured }) => `- ${title}: ${wanted}: ${measured}`);
  const count = `${all.length - missed.length} of ${all.length} targets are met.`;
  return missed.length === 0 ? count : `${count} Missed:\n\n${lines.join('\n')}`;
}

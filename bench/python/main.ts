/**
 * `npm run bench:python [-- --quick] [--write] [--only <section> …]`: measures the tables of the literature about
 * concurrency in Python, with the worker's Python host beside the ways of Python itself in the same run. --write puts
 * the tables into docs/reports/benchmarks-python.md. It fails when an outcome is missing or wrong, never because of a
 * slow result.
 */
import { setMaxListeners } from 'node:events';
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { format, resolveConfig } from 'prettier';
import { machineText } from '../support/machine.js';
import { endOnSignals, stopAll } from '../support/process-group.js';
import { markdownSection, printedSection, type Section } from '../support/section.js';
import { requireProc } from '../support/usage.js';
import { BenchCloud } from '../throughput/lab/cloud.js';
import { downloads } from './sections/downloads.js';
import { trees } from './sections/trees.js';
import { FULL, QUICK, type Sizes } from './sizes.js';

const PAGE = 'docs/reports/benchmarks-python.md';
const SECTIONS: Readonly<Record<string, (cloud: BenchCloud, sizes: Sizes) => Promise<Section>>> = { downloads, trees };
const MOST_LISTENERS = 1_000;
const EXIT_MISUSE = 2;

const NOT_MEASURED = [
  'Networks. The web server is on this machine, and shares its cores with the programs that download from it.',
  'An idle machine. Other programs may run at the same time; medians of rounds in alternating order reduce their effect.',
  'Many cores. With two, a second process of a model shares a core with the worker and the local cloud.',
];

async function main(): Promise<number> {
  const options = {
    quick: { type: 'boolean' },
    write: { type: 'boolean' },
    only: { type: 'string', multiple: true },
  } as const;
  const { values } = parseArgs({ options });
  const names = values.only ?? Object.keys(SECTIONS);
  const unknown = names.filter((name) => !(name in SECTIONS));
  if (unknown.length > 0 || (values.only !== undefined && values.write === true)) {
    process.stderr.write(
      unknown.length > 0
        ? `Unknown section ${unknown.join(', ')}; there are ${Object.keys(SECTIONS).join(', ')}.\n`
        : '--write needs all sections.\n',
    );
    return EXIT_MISUSE;
  }
  requireProc();
  const isQuick = values.quick === true;
  const machine = machineText();
  process.stdout.write(`On ${machine}.\n`);
  const sections: Section[] = [];
  for (const name of names) {
    const section = await measured(name, isQuick ? QUICK : FULL);
    sections.push(section);
    process.stdout.write(printedSection(section));
  }
  process.stdout.write(`\nNot measured:\n${NOT_MEASURED.map((line) => `- ${line}`).join('\n')}\n`);
  if (values.write === true) await writePage(sections, machine, isQuick);
  return 0;
}

/** Each section has a cloud of its own, so that one section's data does not slow another down. */
async function measured(name: string, sizes: Sizes): Promise<Section> {
  const cloud = await BenchCloud.start();
  try {
    return (await SECTIONS[name]?.(cloud, sizes)) as Section;
  } finally {
    await cloud.close();
  }
}

async function writePage(sections: readonly Section[], machine: string, isQuick: boolean): Promise<void> {
  const { rounds } = isQuick ? QUICK : FULL;
  const page = `# Benchmarks of Python models

\`npm run bench:python -- ${isQuick ? '--quick ' : ''}--write\`, on ${new Date().toISOString().slice(0, 10)}: ${machine}.

The rows of a table were measured in the same run, in alternating order. Figures are medians (least – most) of ${rounds} repetitions; ratios are of medians. Every outcome was read and checked.

${sections.map(markdownSection).join('\n')}
## Not measured

${NOT_MEASURED.map((line) => `- ${line}`).join('\n')}
`;
  writeFileSync(PAGE, await format(page, { ...(await resolveConfig(PAGE)), parser: 'markdown' }));
  process.stderr.write(`Wrote ${PAGE}.\n`);
}

// The abort signal of the SDK's calls has a listener for each call in progress.
setMaxListeners(MOST_LISTENERS);
endOnSignals();
try {
  process.exitCode = await main();
} finally {
  await stopAll();
}

/**
 * `npm run bench:data [-- --quick] [--write] [--only <section> …]`: measures how fast datasets come in and results go out, beside the tools that people use
 * for it in the same run. --write puts the tables into docs/reports/benchmarks-data.md. It fails when an outcome is missing or wrong, never because of a slow
 * result.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { format, resolveConfig } from 'prettier';
import { machineText } from '../support/machine.js';
import { endOnSignals, stopAll } from '../support/process-group.js';
import { markdownSection, printedSection, type Section } from '../support/section.js';
import { requireProc } from '../support/usage.js';
import { folder } from './folder.js';
import { rowsIn, rowsOut } from './rows.js';
import { FULL, QUICK, type Sizes } from './sizes.js';

const PAGE = 'docs/reports/benchmarks-data.md';
/** Each section has an empty folder of its own. */
const SECTIONS: Readonly<Record<string, (scratch: string, sizes: Sizes) => Promise<Section>>> = {
  'rows-in': rowsIn,
  'rows-out': rowsOut,
  folder,
};
const EXIT_MISUSE = 2;

const NOT_MEASURED = [
  'Networks. Everything runs on 127.0.0.1, so the figures do not describe AWS.',
  'The disk itself. No program waits for fsync, and the page cache holds the files.',
  'An idle machine. Other programs may run at the same time; medians of rounds in alternating order reduce their effect.',
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

async function measured(name: string, sizes: Sizes): Promise<Section> {
  const scratch = await mkdtemp(path.join(os.tmpdir(), 'spotpool-bench-'));
  try {
    return (await SECTIONS[name]?.(scratch, sizes)) as Section;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function writePage(sections: readonly Section[], machine: string, isQuick: boolean): Promise<void> {
  const { rounds } = isQuick ? QUICK : FULL;
  const page = `# Benchmarks of data in and out

\`npm run bench:data -- ${isQuick ? '--quick ' : ''}--write\`, on ${new Date().toISOString().slice(0, 10)}: ${machine}.

The rows of a table were measured in the same run, in alternating order. Figures are medians (least – most) of ${rounds} repetitions; ratios are those of each repetition. What came out was checked each time.

${sections.map(markdownSection).join('\n')}
## Not measured

${NOT_MEASURED.map((line) => `- ${line}`).join('\n')}
`;
  writeFileSync(PAGE, await format(page, { ...(await resolveConfig(PAGE)), parser: 'markdown' }));
  process.stderr.write(`Wrote ${PAGE}.\n`);
}

endOnSignals();
try {
  process.exitCode = await main();
} finally {
  await stopAll();
}

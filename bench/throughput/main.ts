/**
 * `npm run bench [-- --quick] [--write] [--only <section> …]`: measures how close the worker comes to the limits of
 * its model and the machine, compared with its competitors in the same run. --quick does less work, and the output
 * says so; --write puts the tables into docs/reports/benchmarks.md. It fails when an outcome is missing or wrong, never
 * because of a slow result.
 */
import { setMaxListeners } from 'node:events';
import { parseArgs } from 'node:util';
import { machineText } from '../support/machine.js';
import { endOnSignals, stopAll } from '../support/process-group.js';
import { printedSection, type Section } from '../support/section.js';
import { requireProc } from '../support/usage.js';
import { BenchCloud } from './lab/cloud.js';
import { NOT_MEASURED, NOTES } from './notes.js';
import { summaryOf, writePage } from './page.js';
import { downloads } from './sections/downloads.js';
import { enqueue } from './sections/enqueue.js';
import { memory } from './sections/memory.js';
import { flat } from './sections/flat.js';
import { images, trees } from './sections/parallel.js';
import { pipeline } from './sections/pipeline.js';
import { processor } from './sections/processor.js';
import { pythonHost } from './sections/python-host.js';
import { reclaims } from './sections/reclaims.js';
import { start } from './sections/start.js';
import { tail } from './sections/tail.js';
import { utilisation } from './sections/utilisation.js';
import { FULL, QUICK, type Sizes } from './sizes.js';

const SECTIONS: Readonly<Record<string, (cloud: BenchCloud, sizes: Sizes) => Promise<Section>>> = {
  utilisation,
  downloads,
  trees,
  images,
  pipeline,
  memory,
  flat,
  processor,
  'python-host': pythonHost,
  enqueue,
  reclaims,
  start,
  tail,
};
const EXIT_MISUSE = 2;
const MOST_LISTENERS = 1_000;

const USAGE =
  'Usage: npm run bench [-- --quick] [-- --write] [-- --only <section> …]\n' +
  '  --quick  do less of everything, to see that it works, not how fast\n' +
  '  --write  write the tables to docs/reports/benchmarks.md; needs all sections\n' +
  `  --only   run only these sections; there are ${Object.keys(SECTIONS).join(', ')}\n`;

class Misuse extends Error {}

function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        help: { type: 'boolean', short: 'h' },
        quick: { type: 'boolean' },
        write: { type: 'boolean' },
        only: { type: 'string', multiple: true },
      },
    });
  } catch (error) {
    throw new Misuse((error as Error).message);
  }
}

async function main(): Promise<number> {
  const { values, positionals } = readArguments();
  if (values.help === true) {
    process.stdout.write(USAGE);
    return 0;
  }
  const asked = [...(values.only ?? []), ...positionals];
  const unknown = asked.filter((name) => !(name in SECTIONS));
  if (unknown.length > 0 || (asked.length > 0 && values.write === true)) {
    throw new Misuse(unknown.length > 0 ? `Unknown section ${unknown.join(', ')}.` : '--write needs all sections.');
  }
  requireProc();
  const sizes = values.quick === true ? QUICK : FULL;
  const machine = machineText();
  const quick = values.quick === true ? ' Quick: fewer repetitions of less work; see that it works, not how fast.' : '';
  process.stdout.write(`On ${machine}.${quick}\n`);
  const sections: Section[] = [];
  const failed: string[] = [];
  for (const name of asked.length > 0 ? asked : Object.keys(SECTIONS)) {
    try {
      const section = await measured(name, sizes);
      sections.push(section);
      process.stdout.write(printedSection(section));
    } catch (error) {
      failed.push(name);
      process.stderr.write(`${name} failed: ${error instanceof Error ? (error.stack ?? '') : String(error)}\n`);
    }
  }
  process.stdout.write(
    `\n${summaryOf(sections)}\n\nNot measured:\n${NOT_MEASURED.map((line) => `- ${line}`).join('\n')}\n`,
  );
  if (failed.length > 0) return 1;
  if (values.write === true)
    await writePage(sections, { machine, isQuick: values.quick === true, rounds: sizes.rounds });
  return 0;
}

/** Each section has a cloud of its own, so that one section's data does not slow another down. */
async function measured(name: string, sizes: Sizes): Promise<Section> {
  const startedMs = Date.now();
  const cloud = await BenchCloud.start();
  try {
    const section = (await SECTIONS[name]?.(cloud, sizes)) as Section;
    return { ...section, notes: [...(section.notes ?? []), ...(NOTES[name] ?? [])] };
  } finally {
    await cloud.close();
    process.stderr.write(`${name}: ${((Date.now() - startedMs) / 1_000).toFixed(0)} s\n`);
  }
}

// The abort signal of the SDK's calls has a listener for each call in progress.
setMaxListeners(MOST_LISTENERS);
endOnSignals();
try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof Misuse)) throw error;
  process.stderr.write(`${error.message}\n${USAGE}`);
  process.exitCode = EXIT_MISUSE;
} finally {
  await stopAll();
}

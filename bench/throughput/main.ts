/**
 * `npm run bench [-- --quick] [-- --write] [-- --only <section> …]`: how near the worker comes to what its model and the machine allow, next to
 * what it is compared with in the same run. --quick does less, and says so; --write puts the tables into docs/benchmarks.md.
 * It fails when an outcome is missing or wrong, never because something was slow.
 */
import { setMaxListeners } from 'node:events';
import os from 'node:os';
import { parseArgs } from 'node:util';
import { endOnSignals, stopAll } from '../support/process-group.js';
import { printedSection, type Section } from '../support/section.js';
import { requireProc } from '../support/usage.js';
import { BenchCloud } from './lab/cloud.js';
import { downloads } from './sections/downloads.js';
import { enqueue } from './sections/enqueue.js';
import { images, trees } from './sections/parallel.js';
import { pipeline } from './sections/pipeline.js';
import { utilisation } from './sections/utilisation.js';
import { FULL, QUICK, type Sizes } from './sizes.js';

const SECTIONS: Readonly<Record<string, (cloud: BenchCloud, sizes: Sizes) => Promise<Section>>> = {
  utilisation,
  downloads,
  trees,
  images,
  pipeline,
  enqueue,
};

async function main(): Promise<void> {
  const { values } = parseArgs({
    allowPositionals: false,
    options: { quick: { type: 'boolean' }, write: { type: 'boolean' }, only: { type: 'string', multiple: true } },
  });
  requireProc();
  const sizes = values.quick === true ? QUICK : FULL;
  const names = Object.keys(SECTIONS).filter((name) => values.only?.includes(name) ?? true);
  for (const name of names) {
    const cloud = await BenchCloud.start();
    const section = await SECTIONS[name]?.(cloud, sizes);
    if (section !== undefined) process.stdout.write(printedSection(section));
    await cloud.close();
  }
  process.stdout.write(`${os.loadavg().join(' ')}\n`);
}

// A signal of the SDK's calls has a listener for each that is under way.
setMaxListeners(1_000);
endOnSignals();
try {
  await main();
} finally {
  await stopAll();
}

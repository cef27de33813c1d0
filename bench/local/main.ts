/**
 * `npm run bench:local [-- --quick] [-- --write]`: measures how fast and how large the local cloud is, with ratios
 * to its competitors in the same run. --quick does a tenth of the work; --write puts the tables into
 * docs/reports/benchmarks-local.md.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { format, resolveConfig } from 'prettier';
import { type Endpoint, startLocalCloudProcess } from '../support/local-cloud.js';
import { machineText } from '../support/machine.js';
import { answering, endOnSignals, freePort, startGroup, stopAll } from '../support/process-group.js';
import { markdownSection, printedSection, type Section } from '../support/section.js';
import { requireProc } from '../support/usage.js';
import { sideBySide } from './peers.js';
import { objects } from './s3.js';
import { FULL, QUICK } from './sizes.js';
import { fullQueue } from './sqs.js';
import { subjectOf } from './subjects.js';

const PAGE = 'docs/reports/benchmarks-local.md';

const NOT_MEASURED = [
  'Networks: all of it is on 127.0.0.1, so nothing here says what AWS takes.',
  'More than one client process: the client is one Node process, whose SDK is often the limit; the CPU of both sides shows when.',
  'The disk itself: nobody waits for it (fsync), so the page cache is part of what is measured.',
  'EC2, schedules and instance metadata: they are asked a few times a second at most.',
  'A machine that does nothing else: medians of rounds whose order alternates are what can be had against it.',
];

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { quick: { type: 'boolean' }, write: { type: 'boolean' } } });
  requireProc();
  const sizes = values.quick === true ? QUICK : FULL;
  const scratch = mkdtempSync(path.join(os.tmpdir(), 'spotpool-bench-'));
  process.once('exit', () => rmSync(scratch, { recursive: true, force: true }));
  const pagesFile = path.join(scratch, 'pages.json');
  const sections: Section[] = [];
  const show = (...more: readonly Section[]): void => {
    for (const section of more) {
      sections.push(section);
      process.stdout.write(printedSection(section));
    }
  };
  const machine = machineText();
  process.stdout.write(`On ${machine}.\n`);

  const queueCloud = await startLocalCloudProcess();
  show(await fullQueue(subjectOf('local cloud', queueCloud), sizes));
  await queueCloud.group.stop();

  const cloud = await startLocalCloudProcess();
  const nothing = await startNothing(pagesFile);
  const local = subjectOf('local cloud', cloud);
  show(...(await objects({ local, nothing: subjectOf('nothing', nothing) }, sizes, pagesFile)));
  await nothing.group.stop();
  await cloud.group.stop();

  const freshCloud = await startLocalCloudProcess();
  show(...(await sideBySide(subjectOf('local cloud', freshCloud), sizes)));
  await freshCloud.group.stop();

  process.stdout.write(`\nNot measured:\n${NOT_MEASURED.map((line) => `- ${line}`).join('\n')}\n`);
  if (values.write === true) await writePage(sections, machine);
}

async function startNothing(pagesFile: string): Promise<Endpoint> {
  const port = await freePort();
  const group = startGroup({
    file: process.execPath,
    args: [path.join(import.meta.dirname, 'child.mjs'), String(port), pagesFile],
  });
  const endpoint = `http://127.0.0.1:${port}`;
  await answering(group, endpoint, 10_000);
  return { endpoint, credentials: { accessKeyId: 'any', secretAccessKey: 'any' }, group };
}

async function writePage(sections: readonly Section[], machine: string): Promise<void> {
  const command = ['npm run bench:local --', ...process.argv.slice(2)].join(' ');
  const page = `# Benchmarks of the local cloud

\`${command}\`, on ${new Date().toISOString().slice(0, 10)}: ${machine}. The local cloud, and whatever it is compared with, is a process of its own; the
client is another. Figures are medians (least – most); ratios are of medians, and a peer's ratio is to the local cloud.

${sections.map(markdownSection).join('\n')}
## Not measured

${NOT_MEASURED.map((line) => `- ${line}`).join('\n')}
`;
  writeFileSync(PAGE, await format(page, { ...(await resolveConfig(PAGE)), parser: 'markdown' }));
  process.stderr.write(`Wrote ${PAGE}.\n`);
}

endOnSignals();
try {
  await main();
} finally {
  await stopAll();
}

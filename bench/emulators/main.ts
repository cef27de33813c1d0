/**
 * `npm run test:localstack` and `npm run test:moto`: finds or starts the emulator, runs the conformance suite and
 * the end-to-end suite against it, prints one table, and stops the emulator if it started it. It exits with code 0
 * only if all results are as expected.
 */
import { endOnSignals, stopAll } from '../support/process-group.js';
import { CATALOGUE } from './catalogue.js';
import { describeFound, findEmulator, type Found, NoEmulator } from './find.js';
import { isAsExpected, judge, judgeEndToEnd, type Judgement, standardFor } from './judge.js';
import { isReliedOn, isSometimes } from './notes.js';
import { type Options, parseOptions, USAGE } from './options.js';
import { isPageCurrent, PAGE, writePage } from './page.js';
import { readRecord, recordOf, writeRecord } from './record.js';
import { environmentOf, runConformance, runEndToEnd } from './suites.js';
import { printedTable } from './table.js';
import { tryBreaks } from './try-breaks.js';

const say = (line: string): void => void process.stderr.write(`${line}\n`);

async function main(args: readonly string[]): Promise<number> {
  const options = parseOptions(args);
  if ('problem' in options) {
    say(`${options.problem}\n\n${USAGE}`);
    return 2;
  }
  if (options.isBreaking) return breaks(options);
  let found: Found;
  try {
    found = await findEmulator(CATALOGUE[options.emulator], { env: process.env, say });
  } catch (error) {
    if (!(error instanceof NoEmulator)) throw error;
    say(error.message);
    return 1;
  }
  say(describeFound(found));
  if (options.isServing) return serve(found);
  return run(found, options);
}

/** Keeps the emulator up for a user's own shell: `eval` of the output points vitest, the AWS CLI and the CDK to it. */
async function serve(found: Found): Promise<number> {
  for (const [name, value] of Object.entries(environmentOf(found))) process.stdout.write(`export ${name}=${value}\n`);
  process.stdout.write(`export AWS_ENDPOINT_URL=${found.endpoint}\n`);
  say(found.group === undefined ? 'It was running already, and stays.' : 'Ctrl-C stops it.');
  if (found.group === undefined) return 0;
  await new Promise((resolve) => found.group?.child.once('exit', resolve));
  return 1;
}

async function breaks({ emulator, filters }: Options): Promise<number> {
  const start = async (): Promise<Found> => {
    const found = await findEmulator(CATALOGUE[emulator], { env: process.env, say });
    if (found.group !== undefined) return found;
    throw new Error(`${describeFound(found)} is somebody's: what is broken on purpose needs one of its own.`);
  };
  const isAllCaught = await tryBreaks(start, filters, say);
  await wrotePage();
  return isAllCaught ? 0 : 1;
}

async function run(found: Found, options: Options): Promise<number> {
  const judgements: Judgement[] = [];
  if (options.parts.includes('conformance')) {
    say('Conformance …');
    judgements.push(await conformance(found, options));
  }
  if (options.parts.includes('end-to-end')) {
    say('End to end …');
    judgements.push(judgeEndToEnd(await runEndToEnd(found, options.filters)));
  }
  const told = judgements.filter(({ rows }) => rows.length > 0);
  process.stdout.write(`${describeFound(found)}\n\n${printedTable(told)}\n`);
  if (found.group?.hasEnded() === true) say(`${found.emulator.title} ended during the run:\n${found.group.output()}`);
  // Filters may name files of only one suite.
  const isComplete = options.filters.length === 0 ? told.length === options.parts.length : told.length > 0;
  if (!isComplete) say('A suite had nothing to run.');
  const isCurrent = options.isWriting ? await wrotePage() : await isPageCurrent();
  if (!isCurrent) say(`${PAGE} is not what the records make: write it with --write.`);
  return isComplete && isCurrent && told.every(isAsExpected) ? 0 : 1;
}

async function conformance(found: Found, options: Options): Promise<Judgement> {
  const { name, title } = found.emulator;
  const result = await runConformance(found, options.filters);
  const rules = { isSometimes: isSometimes(name), isReliedOn: isReliedOn(name) };
  const before = readRecord(name);
  // Only pinned versions can be compared with later runs.
  if (options.isWriting && found.origin !== 'host') say('Nothing is recorded: only host mode runs what the pins say.');
  else if (options.isWriting) {
    writeRecord(name, found.version, recordOf(result, before[found.version], rules.isSometimes));
  }
  const standard = standardFor(found, readRecord(name));
  if (standard.kind === 'nearest') {
    say(`${standard.why} It is compared with ${title} ${standard.version}, and must do what spotpool relies on.`);
  }
  return judge(result, standard, rules);
}

async function wrotePage(): Promise<true> {
  await writePage();
  say(`Wrote ${PAGE}.`);
  return true;
}

endOnSignals();
try {
  process.exitCode = await main(process.argv.slice(2));
} finally {
  await stopAll();
}

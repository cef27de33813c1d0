/**
 * `npm run test:localstack` and `npm run test:moto`. Finds or starts the emulator, runs the conformance suite and the end-to-end suite on it,
 * prints one table, and stops what it started. The exit code is 0 only if everything is as expected.
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

/** Prints commands for `eval` in a shell, so that vitest, the AWS CLI and the CDK reach the emulator, and keeps it running. */
async function serve(found: Found): Promise<number> {
  for (const [name, value] of Object.entries(environmentOf(found))) process.stdout.write(`export ${name}=${value}\n`);
  process.stdout.write(`export AWS_ENDPOINT_URL=${found.endpoint}\n`);
  say(found.group === undefined ? 'It was running before, and keeps running.' : 'Ctrl-C stops it.');
  if (found.group === undefined) return 0;
  await new Promise((resolve) => found.group?.child.once('exit', resolve));
  return 1;
}

async function breaks({ emulator, filters }: Options): Promise<number> {
  const start = async (): Promise<Found> => {
    const found = await findEmulator(CATALOGUE[emulator], { env: process.env, say });
    if (found.group !== undefined) return found;
    throw new Error(
      `${describeFound(found)} belongs to somebody else. --breaks needs an emulator that it starts itself.`,
    );
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
  const shown = judgements.filter(({ rows }) => rows.length > 0);
  process.stdout.write(`${describeFound(found)}\n\n${printedTable(shown)}\n`);
  if (found.group?.hasEnded() === true) say(`${found.emulator.title} ended during the run:\n${found.group.output()}`);
  // With filters, one suite may have nothing to run.
  const isComplete = options.filters.length === 0 ? shown.length === options.parts.length : shown.length > 0;
  if (!isComplete) say('A suite had nothing to run.');
  const isCurrent = options.isWriting ? await wrotePage() : await isPageCurrent();
  if (!isCurrent) say(`${PAGE} does not match the records. Write it with --write.`);
  return isComplete && isCurrent && shown.every(isAsExpected) ? 0 : 1;
}

async function conformance(found: Found, options: Options): Promise<Judgement> {
  const { name, title } = found.emulator;
  const result = await runConformance(found, options.filters);
  const rules = { isSometimes: isSometimes(name), isReliedOn: isReliedOn(name) };
  const before = readRecord(name);
  // Later runs can be compared only with a version that was installed from the pins.
  if (options.isWriting && found.origin !== 'host')
    say('Nothing was recorded: only host mode runs the pinned version.');
  else if (options.isWriting) {
    writeRecord(name, found.version, recordOf(result, before[found.version], rules.isSometimes));
  }
  const standard = standardFor(found, readRecord(name));
  if (standard.kind === 'nearest') {
    say(
      `${standard.why} The run is compared with ${title} ${standard.version}, and must be right where spotpool relies on it.`,
    );
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

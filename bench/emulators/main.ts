/**
 * `npm run test:localstack` and `npm run test:moto`: finds or starts the emulator, runs the conformance suite and the
 * end-to-end suite against it, prints one table, and stops what it started. Exit code 0 only if all is as expected.
 */
import { endOnSignals, stopAll } from '../support/process-group.js';
import { CATALOGUE } from './catalogue.js';
import { describeFound, findEmulator, type Found, NoEmulator } from './find.js';
import { parseOptions, USAGE } from './options.js';
import { environmentOf } from './suites.js';

const say = (line: string): void => void process.stderr.write(`${line}\n`);

async function main(args: readonly string[]): Promise<number> {
  const options = parseOptions(args);
  if ('problem' in options) {
    say(`${options.problem}\n\n${USAGE}`);
    return 2;
  }
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
  return 0;
}

/** For a shell of one's own: `eval` of what it prints leads vitest, the AWS CLI and the CDK there. */
async function serve(found: Found): Promise<number> {
  for (const [name, value] of Object.entries(environmentOf(found))) process.stdout.write(`export ${name}=${value}\n`);
  process.stdout.write(`export AWS_ENDPOINT_URL=${found.endpoint}\n`);
  say(found.group === undefined ? 'It was running already, and stays.' : 'Ctrl-C stops it.');
  if (found.group === undefined) return 0;
  await new Promise((resolve) => found.group?.child.once('exit', resolve));
  return 1;
}

endOnSignals();
try {
  process.exitCode = await main(process.argv.slice(2));
} finally {
  await stopAll();
}

/** Runs seeds, or a scenario, with whatever was bundled, and prints a line of JSON for each: what the main program reads (main.ts). */
import process from 'node:process';
import { isScenario, SCENARIOS } from '../scenarios.js';
import { simulate } from '../simulate.js';

let hits = 0;
(globalThis as { sabotaged?: () => void }).sabotaged = () => {
  hits += 1;
};

const [from = 1, to = from] = process.argv.slice(2, 4).map(Number);
const [, , , , scenario = ''] = process.argv;
const options = isScenario(scenario) ? SCENARIOS[scenario] : {};
for (let seed = from; seed <= to; seed += 1) {
  hits = 0;
  const { problems } = await simulate({ seed, ...options });
  process.stdout.write(`${JSON.stringify({ seed, hits, problem: problems[0] })}\n`);
}
// Promises of dead processes wait for ever.
process.exit(0);

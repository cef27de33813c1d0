/** What the benchmark runs in processes of their own: `child.mjs <role> <its setup as JSON>`. */
import { type LoopSetup, onSqsConsumer, oneByOne } from './children/loops.js';

const ROLES: Readonly<Record<string, (setup: never) => Promise<void>>> = {
  'one-by-one': (setup: LoopSetup) => oneByOne(setup),
  'sqs-consumer': (setup: LoopSetup) => onSqsConsumer(setup),
};

const [role = '', setup = '{}'] = process.argv.slice(2);
const run = ROLES[role];
if (run === undefined) throw new Error(`There is no role ${role}.`);
await run(JSON.parse(setup) as never);

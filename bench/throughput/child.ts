/**
 * Roles that the benchmark runs in processes of their own: `child.mjs <role> <its setup as JSON, or a file with
 * it>`.
 */
import { readFileSync } from 'node:fs';
import { type LoopSetup, onSqsConsumer, oneByOne } from './children/loops.js';
import { send, type SenderSetup } from './children/senders.js';
import { lane, pool, type PoolSetup, type TaskSetup } from './children/pool.js';

const ROLES: Readonly<Record<string, (setup: never) => Promise<void>>> = {
  'one-by-one': (setup: LoopSetup) => oneByOne(setup),
  'sqs-consumer': (setup: LoopSetup) => onSqsConsumer(setup),
  pool: (setup: PoolSetup) => pool(setup),
  send: (setup: SenderSetup) => send(setup),
  lane: (setup: TaskSetup) => lane(setup),
};

const [role = '', setup = '{}'] = process.argv.slice(2);
const run = ROLES[role];
if (run === undefined) throw new Error(`Unknown role ${role}.`);
await run(JSON.parse(setup.startsWith('{') ? setup : readFileSync(setup, 'utf8')) as never);

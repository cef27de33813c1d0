/**
 * The host of JavaScript models: `node host.mjs <absolute path of the entry>`, run in the model's directory. It loads
 * the module (core/contract/model-api.ts) and speaks the model's protocol on its behalf. With `--filter <program>
 * [argument…]` it does so for a filter (filter-host.ts).
 *
 * Invariants:
 * - The protocol has a channel of its own (channel.ts). Everything that the model and its child processes print goes to
 *   the log.
 * - A model that throws, or returns another number of outputs than of items, ends the process with the reason on
 *   standard error, because its state can no longer be trusted.
 * - The host ends when its channel does, because the worker is gone then.
 */
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { definedFields } from '../../core/defined-fields.js';
import { WEIGHTS_VARIABLE } from '../../core/contract/weights.js';
import { PROBE_VARIABLE } from '../../core/probe/probe.js';
import { NAN_VARIABLE } from '../process/child-environment.js';
import { FILTER_ARGUMENT } from '../process/host-channel.js';
import { type Channel, openChannel } from './channel.js';
import { FilterHost } from './filter-host.js';
import { FilterNotStarted } from './filter-process.js';
import { ModelHost } from './model-host.js';
import { modelOf } from './model-module.js';

function fail(error: unknown): never {
  process.stderr.write(`${reasonOf(error)}\n`);
  process.exit(1);
}
/** Gives the stack first and the message last, once, because the worker shows the end of the log. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof FilterNotStarted) return error.message;
  const message = `${error.name}: ${error.message}`;
  const places = (error.stack ?? '').replace(message, () => '').split('\n');
  return [...places.filter((line) => line.trim() !== ''), message].join('\n');
}
process.on('uncaughtException', fail);
process.on('unhandledRejection', fail);

const [, , entry, ...rest] = process.argv;
if (entry === undefined) fail(new Error('Usage: node host.mjs <absolute path of the entry>'));

function channelOrFail(): Channel {
  try {
    return openChannel();
  } catch (error) {
    return fail(new Error('The worker starts this program: it has no channel to one here.', { cause: error }));
  }
}
const channel = channelOrFail();

const stopping = new AbortController();
// After an abort, a model that listens has a moment to close its resources. The worker kills the rest.
const STOP_MS = 100;
process.on('SIGTERM', () => {
  stopping.abort();
  setTimeout(() => process.exit(143), STOP_MS);
});

async function serveModule(module: string): Promise<void> {
  const model = modelOf(await import(pathToFileURL(module).href), path.basename(module));
  const host = new ModelHost({
    model,
    write: channel.write,
    signal: stopping.signal,
    directory: process.cwd(),
    showsStack: process.env[PROBE_VARIABLE] === '1',
    ...definedFields({ weights: process.env[WEIGHTS_VARIABLE] }),
    nan: process.env[NAN_VARIABLE] === 'null' ? 'null' : 'error',
    fail,
  });
  await host.serve(channel.items);
}

async function serveFilter(argv: readonly string[]): Promise<void> {
  const host = new FilterHost({
    argv,
    write: channel.write,
    log: (text) => process.stderr.write(text),
    nowMs: () => performance.now(),
    fail,
  });
  await host.serve(channel.items);
}

try {
  await (entry === FILTER_ARGUMENT ? serveFilter(rest) : serveModule(entry));
  stopping.abort();
  process.exit(0);
} catch (error) {
  fail(error);
}

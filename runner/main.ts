#!/usr/bin/env node
/** Entry of the `spotpool` command: joins the command line with the real world. */
import { setMaxListeners } from 'node:events';
import os from 'node:os';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { listenForInterrupts } from './cli/interrupts.js';
import { processTerminal } from './cli/process-terminal.js';
import { runCommandLine } from './cli/program.js';
import { packageDirectory } from './local-cloud/paths.js';
import { systemClock } from './wiring/clock.js';
import { provisionLocalStack } from './wiring/local-stack.js';
import { connectStack } from './wiring/stack-ports.js';

const MAX_LISTENERS = 256;

// A look at the stack is many requests under one signal, up to the clients' number of sockets: that many listeners are no leak.
setMaxListeners(MAX_LISTENERS);

const terminal = processTerminal(process);
const { version } = JSON.parse(readFileSync(path.join(packageDirectory(), 'package.json'), 'utf8')) as {
  readonly version: string;
};
const interrupts = listenForInterrupts((text) => terminal.err(text));
// Whoever reads our output may stop early (`spotpool logs job -f | head`): what is under way then ends in order.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    interrupts.outputClosed();
  });
}
const exitCode = await runCommandLine(process.argv.slice(2), {
  version,
  terminal,
  stdout: process.stdout,
  env: process.env,
  cwd: process.cwd(),
  clock: systemClock,
  random: Math.random,
  user: userName(),
  signal: interrupts.signal,
  connect: connectStack,
  provision: provisionLocalStack,
});
interrupts.dispose();
// Where writes to a pipe are asynchronous, exiting at once would cut them off.
process.stdout.write('', () => process.stderr.write('', () => process.exit(exitCode)));

function userName(): string {
  try {
    return os.userInfo().username;
  } catch {
    return 'unknown'; // no entry for this user, as in some containers
  }
}

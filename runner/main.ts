#!/usr/bin/env node
/** Entry of the `spotpool` command: joins the command line with the real world. */
import { setMaxListeners } from 'node:events';
import os from 'node:os';
import process from 'node:process';
import { setFlagsFromString } from 'node:v8';
import { SPOTPOOL_VERSION } from '../core/contract/version.js';
import { emulatorCommands } from '../emulator/commands/emulator.js';
import { withNewNames } from '../emulator/commands/old-names.js';
import { openHost } from '../emulator/wiring/local-machine.js';
import { emulatorStacks } from '../emulator/wiring/stacks.js';
import { confirm } from './cli/confirm.js';
import type { CliContext } from './cli/context.js';
import { EXIT } from './cli/exit-codes.js';
import { listenForInterrupts } from './cli/interrupts.js';
import { processTerminal } from './cli/process-terminal.js';
import { runCommandLine } from './cli/program.js';
import { installedFiles } from './local-cloud/paths.js';
import { systemClock } from './wiring/clock.js';
import { provisionLocalStack } from './wiring/local-stack.js';
import { connectStack } from './wiring/stack-ports.js';
import { readWorkerBundle } from './worker-bundle/worker-bundle.js';

const MAX_LISTENERS = 256;

// A look at the stack is many requests under one signal, up to the clients' number of sockets: that many listeners are no leak.
setMaxListeners(MAX_LISTENERS);
// Of what is alive: by itself V8 lets the lines of a large dataset that have gone up grow to several times of that before it looks.
setFlagsFromString('--heap-growing-percent=30');

const terminal = processTerminal(process);
const interrupts = listenForInterrupts((text) => terminal.err(text));
// Whoever reads our output may stop early (`spotpool logs job -f | head`): what is under way then ends in order.
// A log that cannot be written (a full disk) breaks nothing off, and is told at the end.
let unwritten: NodeJS.ErrnoException | undefined;
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') interrupts.outputClosed();
    else unwritten ??= error;
  });
}
const argv = withNewNames(process.argv.slice(2), (text) => terminal.err(text));
const context: CliContext = {
  version: SPOTPOOL_VERSION,
  terminal,
  stdout: process.stdout,
  env: process.env,
  cwd: process.cwd(),
  clock: systemClock,
  random: Math.random,
  user: userName(),
  signal: interrupts.signal,
  confirm: (question) => confirm(question, interrupts.signal),
  connect: connectStack,
  provision: provisionLocalStack,
  workerBundle: () => readWorkerBundle(installedFiles().workerBundle),
};
const exitCode = await runCommandLine(argv, context, [emulatorCommands({ stacks: emulatorStacks, openHost })]);
interrupts.dispose();
// Where writes to a pipe are asynchronous, exiting at once would cut them off.
process.stdout.write('', () => setImmediate(end)); // a failed write is told of after its callback

function end(): void {
  // Whatever else went wrong has been told.
  const lost = exitCode === EXIT.ok ? unwritten : undefined;
  const text = lost && `error: What this command printed could not be written: ${lost.message}.\n`;
  process.stderr.write(text ?? '', () => process.exit(lost === undefined ? exitCode : EXIT.failed));
}

function userName(): string {
  try {
    return os.userInfo().username;
  } catch {
    return 'unknown'; // no entry for this user, as in some containers
  }
}

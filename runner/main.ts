#!/usr/bin/env node
/** The entry of the `spotpool` command. It connects the command line with the real terminal, file system and AWS. */
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
import { MOST_LISTENERS } from './signals.js';
import { systemClock } from './wiring/clock.js';
import { provisionLocalStack } from './wiring/local-stack.js';
import { connectSources, connectStack } from './wiring/stack-ports.js';
import { makeWebPoster } from './wiring/web-poster.js';
import { readWorkerBundle } from './worker-bundle/worker-bundle.js';

setMaxListeners(MOST_LISTENERS);
// The share of the live heap by which the heap may grow before the next collection. V8's default would let the uploaded lines of a large
// dataset grow to several times the live heap.
setFlagsFromString('--heap-growing-percent=30');

const terminal = processTerminal(process);
const interrupts = listenForInterrupts((text) => terminal.err(text));
// The reader of the output may close it early (`spotpool logs job -f | head`). Then the command ends in an orderly way.
// Another write error (a full disk) does not stop the command. It is reported at the end.
let writeError: NodeJS.ErrnoException | undefined;
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') interrupts.outputClosed();
    else writeError ??= error;
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
  sources: (stack) => connectSources(stack, process.env),
  poster: makeWebPoster(),
  probe: async () => (await import('./wiring/model-probe.js')).openModelProbe(process.env),
  workerBundle: () => readWorkerBundle(installedFiles().workerBundle),
};
const exitCode = await runCommandLine(argv, context, [emulatorCommands({ stacks: emulatorStacks, openHost })]);
interrupts.dispose();
// Writes to a pipe are asynchronous on some systems, so exiting at once would cut the output off.
process.stdout.write('', () => setImmediate(end)); // the error event of a failed write comes after its callback

function end(): void {
  // Another failure was reported already.
  const lost = exitCode === EXIT.ok ? writeError : undefined;
  const text = lost && `error: Could not write the output of this command: ${lost.message}.\n`;
  process.stderr.write(text ?? '', () => process.exit(lost === undefined ? exitCode : EXIT.failed));
}

function userName(): string {
  try {
    return os.userInfo().username;
  } catch {
    return 'unknown'; // in some containers the user has no entry
  }
}

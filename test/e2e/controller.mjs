// Runs a controller in its own process, so that a test can kill it. Its switch fires after seconds, because a test cannot wait for minutes.
// Usage: node controller.mjs <stack file> <milliseconds until the switch fires> [milliseconds of quiet before batches are sent again]
import { setMaxListeners } from 'node:events';
import { readFile } from 'node:fs/promises';
import { controlUntil } from '../../dist/runner/controller/control-until.js';
import { systemClock } from '../../dist/runner/wiring/clock.js';
import { connectStack } from '../../dist/runner/wiring/stack-ports.js';

setMaxListeners(64); // the CLI does the same, because every request of a pass listens to one signal
const [stackFile, switchDelayMs, quietMs] = process.argv.slice(2);
const stack = JSON.parse(await readFile(stackFile, 'utf8'));
await controlUntil(
  { ...connectStack(stack, { switchDelayMs: Number(switchDelayMs) }), clock: systemClock },
  { maxWorkers: stack.maxWorkers, passMs: 250, ...(quietMs && { quietMs: Number(quietMs) }), until: () => false },
  new AbortController().signal,
);

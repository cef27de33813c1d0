/** The entry point of the watchdog's process (watchdog.ts). */
import { rmSync } from 'node:fs';
import readline from 'node:readline';
import { killAll } from './kill.js';
import type { ProcessFamily } from './process-table.js';
import type { WatchdogLine } from './watchdog.js';

const families = new Map<number, ProcessFamily>();
let removeDirectory: string | undefined;

for await (const text of readline.createInterface({ input: process.stdin })) {
  const line = JSON.parse(text) as WatchdogLine;
  if ('watch' in line) families.set(line.watch.leader, line.watch);
  else if ('forget' in line) families.delete(line.forget);
  else removeDirectory = line.removeDirectory;
}
await Promise.all([...families.values()].map((family) => killAll(family)));
if (removeDirectory !== undefined) rmSync(removeDirectory, { recursive: true, force: true, maxRetries: 3 });

/** Ends every process of an instance, and verifies it. */
import { setTimeout as delay } from 'node:timers/promises';
import { membersOf, processTable, type ProcessFamily } from './process-table.js';

/** A process that forks while it is being killed needs another round. */
const ROUND_MS = 10;
/** Only a process in uninterruptible sleep survives SIGKILL for this long; the machine then has a larger problem. */
const MAX_ROUNDS = 500;

export function signalAll(family: ProcessFamily, signal: NodeJS.Signals): number {
  const members = membersOf(family, processTable());
  for (const pid of members) {
    try {
      process.kill(pid, signal);
    } catch {
      // The process ended in between.
    }
  }
  return members.length;
}

/** Resolves when no process is left; the value is false if some could not be killed. */
export async function killAll(family: ProcessFamily): Promise<boolean> {
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    if (signalAll(family, 'SIGKILL') === 0) return true;
    await delay(ROUND_MS);
  }
  return false;
}

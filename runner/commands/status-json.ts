/** Prints the object of `status --json`, which is also the last line of `run --json` and `watch --json`. */
import type { JobStatus } from '../status/job-status.js';
import type { Terminal } from '../display/terminal.js';

export const printStatusJson = (terminal: Terminal, status: JobStatus): void =>
  terminal.out(`${JSON.stringify(status)}\n`);

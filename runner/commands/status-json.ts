/** The object of `status --json`, with which `run --json` and `watch --json` end. */
import type { JobStatus } from '../status/job-status.js';
import type { Terminal } from '../display/terminal.js';

export const printStatusJson = (terminal: Terminal, status: JobStatus): void =>
  terminal.out(`${JSON.stringify(status)}\n`);

/** Prints one JSON object per line, for programs. */
import type { Display } from './events.js';
import type { Terminal } from './terminal.js';

export function jsonDisplay(terminal: Terminal, now: () => number): Display {
  return {
    show: (event) => {
      // An event's own `at`, the time at which it happened, replaces the time of printing.
      const { event: code, ...fields } = event;
      terminal.out(`${JSON.stringify({ event: code, at: new Date(now()).toISOString(), ...fields })}\n`);
    },
    close: () => undefined,
  };
}

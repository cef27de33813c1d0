/** One JSON object a line, for programs. */
import type { Display } from './events.js';
import type { Terminal } from './terminal.js';

export function jsonDisplay(terminal: Terminal, now: () => number): Display {
  return {
    show: (event) => {
      // `at` of an event that has one of its own says when it happened.
      const { event: code, ...fields } = event;
      terminal.out(`${JSON.stringify({ event: code, at: new Date(now()).toISOString(), ...fields })}\n`);
    },
    close: () => undefined,
  };
}

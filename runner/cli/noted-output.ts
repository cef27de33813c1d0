/** A command's outputs, of which it is noted what was written to them. */
import type { Writable } from 'node:stream';
import type { Terminal } from '../display/terminal.js';

export interface NotedOutput {
  readonly terminal: Terminal;
  readonly stdout: Writable;
  /** True when the command has printed to standard output. */
  hasPrinted(): boolean;
  /** True when the command has written data to standard output, to which nothing may be added. */
  hasWrittenData(): boolean;
  /** The last text on standard error. */
  said(): string;
}

export function noteOutput(terminal: Terminal, stdout: Writable): NotedOutput {
  let printed = false;
  let data = false;
  let said = '';
  return {
    terminal: {
      out: (text) => {
        printed ||= text !== '';
        terminal.out(text);
      },
      err: (text) => {
        if (text !== '') said = text;
        terminal.err(text);
      },
      control: terminal.control.bind(terminal),
      interactive: terminal.interactive,
      colors: terminal.colors,
      size: () => terminal.size(),
      onResize: (listener) => terminal.onResize(listener),
    },
    stdout: noteWrites(stdout, () => (data = true)),
    hasPrinted: () => printed,
    hasWrittenData: () => data,
    said: () => said,
  };
}

/** Returns the stream itself in every respect, except that a write is noted. */
const noteWrites = (stream: Writable, note: () => void): Writable =>
  new Proxy(stream, {
    get: (target, key) => {
      const value: unknown = Reflect.get(target, key);
      if (typeof value !== 'function') return value;
      if (key === 'write') note();
      return value.bind(target) as unknown;
    },
  });

/** The host's end of its channel to the worker. */
import { writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { ANSWERS_FD, ITEMS_FD } from '../process/host-channel.js';

export interface Channel {
  readonly items: AsyncIterable<Buffer>;
  /** Returns when the worker's end has the text, so that no answer is lost when the model ends the process after it. */
  readonly write: (text: string) => void;
}

export function openChannel(): Channel {
  return {
    items: new Socket({ fd: ITEMS_FD, readable: true, writable: false }),
    write: (text) => {
      const bytes = Buffer.from(text);
      for (let written = 0; written < bytes.length;) written += writeSync(ANSWERS_FD, bytes, written);
    },
  };
}

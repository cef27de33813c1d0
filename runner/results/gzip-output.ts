/** Compresses what goes to another output. Equal results give equal bytes. */
import { once } from 'node:events';
import { createGzip } from 'node:zlib';
import type { ByteOutput } from './byte-output.js';

/** The place of the operating system in the header (RFC 1952, 2.3), and the value for "unknown". */
const SYSTEM_BYTE = 9;
const UNKNOWN_SYSTEM = 0xff;

export function gzipOutput(output: ByteOutput): ByteOutput {
  const gzip = createGzip();
  let ready: Buffer[] = [];
  let isHeader = true;
  gzip.on('data', (bytes: Buffer) => {
    if (isHeader) bytes[SYSTEM_BYTE] = UNKNOWN_SYSTEM;
    isHeader = false;
    ready.push(bytes);
  });
  const passOn = async (): Promise<void> => {
    const pieces = ready;
    ready = [];
    for (const piece of pieces) await output.write(piece);
  };
  return {
    write: async (bytes) => {
      await new Promise<void>((resolve, reject) => {
        gzip.write(bytes, (error) => (error ? reject(error) : resolve()));
      });
      await passOn();
    },
    finish: async (facts) => {
      const ended = once(gzip, 'end');
      gzip.end();
      await ended;
      await passOn();
      return output.finish(facts);
    },
    discard: async () => {
      gzip.destroy();
      await output.discard();
    },
  };
}

/** A byte output that keeps what is written. */
import type { ByteOutput } from '../../../../runner/results/byte-output.js';

export interface Collected extends ByteOutput {
  bytes(): Buffer;
  text(): string;
}

export function collected(): Collected {
  const pieces: Uint8Array[] = [];
  const bytes = (): Buffer => Buffer.concat(pieces);
  return {
    write: async (piece) => void pieces.push(Buffer.from(piece)),
    finish: async () => ({}),
    discard: async () => undefined,
    bytes,
    text: () => bytes().toString(),
  };
}

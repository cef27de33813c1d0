/**
 * Reuses buffers between sockets and files: allocating one for each piece of a large object would keep the garbage
 * collector busier than the disk.
 */

/**
 * This is large enough for disks to be read and written in long runs, and small enough for a thousand transfers to
 * fit in memory.
 */
export const POOLED_BYTES = 256 * 1024;

/** The number of unused buffers that are kept: as many as several transfers use at once. */
const MAX_IDLE = 32;

const idle: Buffer[] = [];

export const takeBuffer = (): Buffer => idle.pop() ?? Buffer.allocUnsafeSlow(POOLED_BYTES);

/** Must be called once by the buffer's taker, when nothing reads or writes the buffer any more. */
export function giveBuffer(buffer: Buffer): void {
  if (idle.length < MAX_IDLE) idle.push(buffer);
}

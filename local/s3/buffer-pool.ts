/**
 * Buffers between sockets and files, used again and again: made anew for each piece of a large object they would keep the
 * garbage collector busier than the disk.
 */

/** Large enough that disks are read and written in long runs, small enough that a thousand transfers fit in memory. */
export const POOLED_BYTES = 256 * 1024;

/** Of those that nobody uses: as many as some transfers at once have in hand. */
const MOST_IDLE = 32;

const idle: Buffer[] = [];

export const takeBuffer = (): Buffer => idle.pop() ?? Buffer.allocUnsafeSlow(POOLED_BYTES);

/** Once, by whoever took it, when nothing reads or writes it any more. */
export function giveBuffer(buffer: Buffer): void {
  if (idle.length < MOST_IDLE) idle.push(buffer);
}

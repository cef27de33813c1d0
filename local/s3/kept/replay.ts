/** Reads the files of a journal from their begin, in constant memory, up to what is torn. */
import type { FileHandle } from 'node:fs/promises';
import { HEAD_BYTES, readHead, readText, type RecordText } from './records.js';
import type { Segment } from './segment.js';

/** Long reads are quick; a longer record gets a longer buffer. */
const READ_BYTES = 4 * 1024 * 1024;

export interface FoundRecord {
  readonly text: RecordText;
  readonly segment: Segment;
  /** The place of the record's bytes in the file. */
  readonly bytesAt: number;
  /** The size of the whole record. */
  readonly size: number;
}

/** Sets the segment's `bytes` to what is whole. `onRecord` is called for each record in order. Returns how many bytes are torn. */
export async function replay(segment: Segment, onRecord: (record: FoundRecord) => void): Promise<number> {
  const { size: fileBytes } = await segment.handle.stat();
  let buffer: Buffer = Buffer.alloc(0);
  let start = 0; // The place of the buffer in the file.
  let at = 0;
  for (;;) {
    const head = readHead(buffer, at);
    const needed = head === undefined ? HEAD_BYTES : HEAD_BYTES + head.textBytes + head.bodyBytes;
    if (buffer.length - at < needed) {
      if (start + at + needed > fileBytes) break;
      const wanted = Math.min(Math.max(needed, READ_BYTES), fileBytes - start - at);
      const more = await readAt(segment.handle, start + at, wanted);
      if (more.length < wanted) break;
      [start, at, buffer] = [start + at, 0, more];
      continue;
    }
    const text = head && readText(buffer, at, head);
    if (head === undefined || text === undefined) break;
    onRecord({ text, segment, bytesAt: start + at + HEAD_BYTES + head.textBytes, size: needed });
    at += needed;
  }
  segment.bytes = start + at;
  return fileBytes - segment.bytes;
}

async function readAt(handle: FileHandle, position: number, size: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafeSlow(size);
  let done = 0;
  while (done < size) {
    const { bytesRead } = await handle.read(buffer, done, size - done, position + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return buffer.subarray(0, done);
}

/** The words for the upload of a folder's files. */
import type { RunEvent } from './events.js';
import { bytes, count, plural } from './format.js';

type Files = Extract<RunEvent, { event: 'files' }>;

/** Returns "1,200 of 50,000 files, 1.2 GB of 48 GB, 310 files/s". The rate is that of the whole upload. */
export function filesText({ files, total, bytes: read, totalBytes, seconds }: Files): string {
  const rate = seconds > 0 ? `, ${count(files / seconds)} files/s` : '';
  return `${count(files)} of ${plural(total, 'file')}, ${bytes(read)} of ${bytes(totalBytes)}${rate}`;
}

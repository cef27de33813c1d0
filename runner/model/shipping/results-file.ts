/** Recognises results of earlier jobs. Commands may write them into a model's directory, but they are not part of the model. */
import { open, readFile, stat } from 'node:fs/promises';

/** The ending of the file that is written beside results to recognise them. */
const META_ENDING = '.meta.json';
const RESULT_LINE = /^\{"index":\d+,(?:"id":[^\n]{0,200},)?"ok":(true|false)/;
/** A results file that is being written, or that a killed command has left behind. */
const HALF_WRITTEN = /\.[0-9a-f]{8}\.partial$/;
const HEAD_BYTES = 256;
const MOST_META_BYTES = 64 * 1024;

export async function isResultsFile(file: string): Promise<boolean> {
  if (file.endsWith(META_ENDING)) return await isMeta(file);
  if (await isMeta(`${file}${META_ENDING}`)) return true;
  return (/\.jsonl$/.test(file) || HALF_WRITTEN.test(file)) && RESULT_LINE.test(await headOf(file));
}

/** True when the file is small JSON that names a job. */
async function isMeta(file: string): Promise<boolean> {
  const found = await stat(file).catch(() => undefined);
  if (found?.isFile() !== true || found.size > MOST_META_BYTES) return false;
  const text = await readFile(file, 'utf8');
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && 'job' in value && typeof value.job === 'string';
  } catch {
    return false;
  }
}

async function headOf(file: string): Promise<string> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** Where results go: a file that appears when it is whole, or a stream such as standard output. */
import { randomBytes } from 'node:crypto';
import { type FileHandle, open, realpath, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Writable } from 'node:stream';
import { messageOf, systemCode, UserError } from '../errors.js';

export interface ResultSink {
  write(bytes: Uint8Array): Promise<void>;
  /** Everything was written. */
  finish(): Promise<void>;
  /** Leaves nothing half-written behind. */
  discard(): Promise<void>;
}

/** Whoever read the output has had enough (`… | head`): not a failure of ours. */
export class OutputClosed extends Error {
  override readonly name = 'OutputClosed';
}

export const STANDARD_OUTPUT = '-';

/** `out` as given to `--out`. */
export function openSink(out: string, { cwd, stdout }: { cwd: string; stdout: Writable }): Promise<ResultSink> {
  return out === STANDARD_OUTPUT ? Promise.resolve(new StreamSink(stdout)) : openFile(out, cwd);
}

async function openFile(out: string, cwd: string): Promise<ResultSink> {
  const wanted = path.resolve(cwd, out);
  // A link keeps its place: the file that it names is replaced.
  const target = await realpath(wanted).catch(() => wanted);
  const found = await stat(target).catch(() => undefined);
  try {
    if (found?.isDirectory()) throw new UserError(`The results cannot be written to ${out}: it is a directory.`);
    // A device or a pipe cannot be put in place by a rename.
    if (found !== undefined && !found.isFile()) return new FileSink(await open(target, 'w'));
    const temporary = `${target}.${randomBytes(4).toString('hex')}.partial`;
    return new FileSink(await open(temporary, 'wx'), { temporary, target });
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    const reason = systemCode(error) === 'ENOENT' ? `there is no directory ${path.dirname(target)}` : messageOf(error);
    throw new UserError(`The results cannot be written to ${out}: ${reason}.`);
  }
}

class FileSink implements ResultSink {
  constructor(
    private readonly handle: FileHandle,
    private readonly place?: { readonly temporary: string; readonly target: string },
  ) {}

  async write(bytes: Uint8Array): Promise<void> {
    await this.handle.writeFile(bytes); // goes on where the last write ended, and writes all
  }

  async finish(): Promise<void> {
    await this.handle.close();
    if (this.place !== undefined) await rename(this.place.temporary, this.place.target);
  }

  async discard(): Promise<void> {
    await this.handle.close();
    if (this.place !== undefined) await rm(this.place.temporary, { force: true });
  }
}

class StreamSink implements ResultSink {
  constructor(private readonly stream: Writable) {
    stream.on('error', this.onError);
  }

  /** The write's own callback tells; without a listener the process would end. */
  private readonly onError = (): void => undefined;

  write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.stream.write(bytes, (error) => {
        if (error === null || error === undefined) resolve();
        else if (systemCode(error) === 'EPIPE') reject(new OutputClosed('The output was closed.'));
        else reject(error);
      });
    });
  }

  async finish(): Promise<void> {
    this.stream.off('error', this.onError);
  }

  async discard(): Promise<void> {
    // The listener stays: a broken pipe may be told of a moment later.
  }
}

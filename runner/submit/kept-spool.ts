/** Holds the kept lines of each part in a temporary file until they are uploaded, because ids and kept fields of a part need not fit in memory. */
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

const PREFIX = 'spotpool-kept-';
/** Larger writes and reads save no time. */
const CHUNK_BYTES = 1024 * 1024;

export class KeptSpool {
  #directory: string | undefined;
  #open: { readonly part: number; readonly handle: FileHandle } | undefined;
  readonly #parts: number[] = [];
  #pending = '';

  /** The parts that are held, in their order. */
  get parts(): readonly number[] {
    return this.#parts;
  }

  async add(part: number, lines: readonly string[]): Promise<void> {
    if (lines.length === 0) return;
    if (this.#open?.part !== part) await this.#begin(part);
    this.#pending += `${lines.join('\n')}\n`;
    if (this.#pending.length >= CHUNK_BYTES) await this.#write();
  }

  /** Completes the part that was added to last. */
  async endPart(): Promise<void> {
    await this.#write();
    await this.#open?.handle.close();
    this.#open = undefined;
  }

  /** Reads the lines of a completed part. */
  async *linesOf(part: number): AsyncGenerator<readonly string[]> {
    let rest = '';
    const chunks: AsyncIterable<string> = createReadStream(this.#fileOf(part), {
      encoding: 'utf8',
      highWaterMark: CHUNK_BYTES,
    });
    for await (const chunk of chunks) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      yield lines;
    }
  }

  async drop(part: number): Promise<void> {
    await rm(this.#fileOf(part), { force: true });
    this.#parts.splice(this.#parts.indexOf(part), 1);
  }

  /** Removes everything. It may be called at any time. */
  async dispose(): Promise<void> {
    await this.#open?.handle.close().catch(() => undefined);
    this.#open = undefined;
    if (this.#directory !== undefined) await rm(this.#directory, { recursive: true, force: true });
  }

  async #begin(part: number): Promise<void> {
    await this.endPart();
    this.#directory ??= await mkdtemp(path.join(os.tmpdir(), PREFIX));
    this.#open = { part, handle: await open(this.#fileOf(part), 'wx') };
    this.#parts.push(part);
  }

  async #write(): Promise<void> {
    const text = this.#pending;
    this.#pending = '';
    if (text !== '') await this.#open?.handle.appendFile(text);
  }

  #fileOf(part: number): string {
    return path.join(this.#directory ?? os.tmpdir(), `${PREFIX}${part}.jsonl`);
  }
}

/**
 * One file of weights while its ranges arrive, in any order. What has arrived without a gap is hashed meanwhile, read back from the
 * system's cache. So a file of any size is verified soon after its last byte.
 */
import { createHash } from 'node:crypto';
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import path from 'node:path';
import type { WeightsFile } from '../../core/contract/weights.js';

/** Hashing this much takes a millisecond, and beats wait no longer than that. */
const HASHED_AT_ONCE = 1024 * 1024;
/** Models share the files, so none of them may write to them. */
const READ_ONLY = 0o444;

export class ArrivingFile {
  readonly listed: WeightsFile;
  readonly #place: string;
  readonly #hash = createHash('sha256');
  /** The ends of the ranges that have arrived, by their starts, from the first gap on. */
  readonly #beyondGap = new Map<number, number>();
  #opening: Promise<FileHandle> | undefined;
  /** Everything before this byte has arrived. */
  #arrived = 0;
  #hashed = 0;
  #hashing: Promise<void> = Promise.resolve();

  /** `place` is the path of the file on this instance. */
  constructor(listed: WeightsFile, place: string) {
    this.listed = listed;
    this.#place = place;
  }

  /** Makes the file at its whole size. */
  open(): Promise<FileHandle> {
    this.#opening ??= this.#create();
    return this.#opening;
  }

  async write(bytes: Uint8Array, position: number): Promise<void> {
    const handle = await this.open();
    for (let done = 0; done < bytes.length;) {
      const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, position + done);
      done += bytesWritten;
    }
  }

  /** Call it when a range is written. It rejects with the last range of a file that is not the listed one. */
  async wrote({ startByte, endByte }: { readonly startByte: number; readonly endByte: number }): Promise<void> {
    this.#beyondGap.set(startByte, endByte);
    for (let end = this.#next(); end !== undefined; end = this.#next()) this.#arrived = end;
    if ('sha256' in this.listed) {
      this.#hashing = this.#hashing.then(() => this.#hashArrived());
      this.#hashing.catch(() => undefined);
    }
    if (this.#arrived === this.listed.bytes) await this.#finish();
  }

  async close(): Promise<void> {
    await this.#hashing.catch(() => undefined);
    const handle = await this.#opening?.catch(() => undefined);
    this.#opening = undefined;
    await handle?.close();
  }

  async #create(): Promise<FileHandle> {
    await mkdir(path.dirname(this.#place), { recursive: true });
    const handle = await open(this.#place, 'wx+');
    await handle.truncate(this.listed.bytes);
    return handle;
  }

  #next(): number | undefined {
    const end = this.#beyondGap.get(this.#arrived);
    this.#beyondGap.delete(this.#arrived);
    return end;
  }

  async #hashArrived(): Promise<void> {
    const handle = await this.open();
    const buffer = Buffer.allocUnsafe(Math.min(HASHED_AT_ONCE, this.#arrived - this.#hashed));
    while (this.#hashed < this.#arrived) {
      const wanted = Math.min(buffer.length, this.#arrived - this.#hashed);
      const { bytesRead } = await handle.read(buffer, 0, wanted, this.#hashed);
      if (bytesRead === 0) throw new Error(`The file ${this.listed.path} was cut while it was fetched`);
      this.#hash.update(buffer.subarray(0, bytesRead));
      this.#hashed += bytesRead;
    }
  }

  async #finish(): Promise<void> {
    await this.#hashing;
    const { listed } = this;
    const handle = await this.open();
    await handle.chmod(READ_ONLY);
    await this.close();
    if (!('sha256' in listed)) return;
    const digest = this.#hash.digest('hex');
    if (digest === listed.sha256) return;
    throw new Error(`The file ${listed.path} was damaged or replaced: its SHA-256 is ${digest}, not ${listed.sha256}`);
  }
}

/**
 * An instance's console: a file that keeps the last 64 KiB, as EC2 does
 * (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_GetConsoleOutput.html). Memory holds the same until
 * the console is closed.
 */
import { closeSync, fchmodSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { PRIVATE_FILE } from './private-files.js';

export const CONSOLE_BYTES = 64 * 1024;

export class ConsoleLog {
  #file: number | undefined;
  #fileBytes = 0;
  #tail: Buffer[] = [];
  #tailBytes = 0;

  constructor(readonly path: string) {
    this.#file = openSync(path, 'w', PRIVATE_FILE);
    fchmodSync(this.#file, PRIVATE_FILE); // An existing file would otherwise keep its mode.
  }

  write(bytes: Buffer): void {
    if (this.#file === undefined) return;
    this.#tail.push(bytes);
    this.#tailBytes += bytes.length;
    if (this.#tailBytes > 2 * CONSOLE_BYTES) this.#trim();
    this.#fileBytes += bytes.length;
    try {
      if (this.#fileBytes > 2 * CONSOLE_BYTES) this.#rewrite();
      else writeSync(this.#file, bytes);
    } catch {
      // A full disk must not end the cloud: memory has the same output until the console is closed.
    }
  }

  /** Returns the last 64 KiB of output. */
  read(): Buffer {
    if (this.#file === undefined) return readFileSync(this.path);
    this.#trim();
    return Buffer.concat(this.#tail);
  }

  close(): void {
    if (this.#file === undefined) return;
    this.#rewrite();
    closeSync(this.#file);
    this.#file = undefined;
    this.#tail = [];
  }

  #trim(): void {
    const all = Buffer.concat(this.#tail);
    const kept = Buffer.from(all.subarray(Math.max(0, all.length - CONSOLE_BYTES)));
    this.#tail = [kept];
    this.#tailBytes = kept.length;
  }

  #rewrite(): void {
    this.#trim();
    const [kept = Buffer.alloc(0)] = this.#tail;
    writeFileSync(this.path, kept, { mode: PRIVATE_FILE });
    this.#fileBytes = kept.length;
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = openSync(this.path, 'a', PRIVATE_FILE);
  }
}

/** Takes the bytes of results to a file that appears when it is whole, or to a stream such as standard output. */
import { createHash } from 'node:crypto';
import { type FileHandle, open, rm } from 'node:fs/promises';
import path from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import type { Writable } from 'node:stream';
import { harmless } from '../../core/printable.js';
import { systemCode } from '../errors.js';
import { claimOutput, type OutputRules } from './output-place.js';
import { temporaryName, putInPlace } from './put-in-place.js';
import type { JobIdentity } from './results-meta.js';
import type { OutputFacts, Placed } from './row-sink.js';
import { cannotWrite, writeFailed } from './write-failure.js';

export interface ByteOutput {
  write(bytes: Uint8Array): Promise<void>;
  /** Completes the output after the last write. */
  finish(facts: OutputFacts): Promise<Placed>;
  /** Removes an incomplete output after an error. */
  discard(): Promise<void>;
}

/** The reader of the output closed it early (`… | head`). That is no failure. */
export class OutputClosed extends Error {
  override readonly name = 'OutputClosed';
}

export interface OutputRequest extends OutputRules {
  readonly stdout: Writable;
  readonly identity: JobIdentity;
}

/** Opens the output that `--out` names. */
export async function openOutput(out: string, request: OutputRequest): Promise<ByteOutput> {
  const place = await claimOutput(out, request);
  if (place.kind === 'standard-output') return new StreamOutput(request.stdout);
  const directory = path.dirname(place.path);
  try {
    // A rename would replace a device or a pipe, and an open file may hold other output. So results are appended.
    if (place.kind === 'device') return new DeviceOutput(out, await open(place.path, 'a'));
    const temporary = temporaryName(place.path);
    return new FileOutput(out, await open(temporary, 'wx'), { ...request, temporary, target: place.path });
  } catch (error) {
    throw systemCode(error) === undefined ? error : cannotWrite(out, error, directory);
  }
}

/** Refuses early what `openOutput` would refuse later, before the command starts anything. It leaves no trace. */
export async function requireOutput(out: string, rules: OutputRules): Promise<void> {
  const place = await claimOutput(out, rules);
  if (place.kind !== 'file') return;
  const temporary = temporaryName(place.path);
  try {
    await (await open(temporary, 'wx')).close();
    await rm(temporary);
  } catch (error) {
    throw cannotWrite(out, error, path.dirname(place.path));
  }
}

class FileOutput implements ByteOutput {
  readonly #hash = createHash('sha256');

  readonly #out: string;
  readonly #handle: FileHandle;
  readonly #place: OutputRequest & { readonly temporary: string; readonly target: string };

  constructor(
    out: string,
    handle: FileHandle,
    place: OutputRequest & { readonly temporary: string; readonly target: string },
  ) {
    this.#out = out;
    this.#handle = handle;
    this.#place = place;
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#hash.update(bytes);
    await this.#named(this.#handle.writeFile(bytes)); // writeFile continues at the handle's position and writes all bytes
  }

  async finish(facts: OutputFacts): Promise<Placed> {
    // Some disks report only at sync or close that they are full.
    await this.#named(this.#handle.sync());
    await this.#named(this.#handle.close());
    const movedTo = await this.#named(putInPlace({ ...this.#place, facts, sha256: this.#hash.digest('hex') }));
    return movedTo === undefined ? {} : { movedTo };
  }

  async discard(): Promise<void> {
    await this.#handle.close().catch(() => undefined); // the first error matters more
    await rm(this.#place.temporary, { force: true }).catch(() => undefined);
  }

  #named<T>(doing: Promise<T>): Promise<T> {
    return doing.catch((error: unknown) => {
      throw writeFailed(this.#out, error, path.dirname(this.#place.target));
    });
  }
}

class DeviceOutput implements ByteOutput {
  readonly #out: string;
  readonly #handle: FileHandle;

  constructor(out: string, handle: FileHandle) {
    this.#out = out;
    this.#handle = handle;
  }

  async write(bytes: Uint8Array): Promise<void> {
    await this.#named(this.#handle.writeFile(bytes));
  }

  async finish(): Promise<Placed> {
    await this.#named(this.#handle.close());
    return {};
  }

  async discard(): Promise<void> {
    await this.#handle.close().catch(() => undefined);
  }

  #named<T>(doing: Promise<T>): Promise<T> {
    return doing.catch((error: unknown) => {
      if (systemCode(error) === 'EPIPE') throw new OutputClosed('The output was closed.');
      throw writeFailed(this.#out, error, path.dirname(this.#out));
    });
  }
}

class StreamOutput implements ByteOutput {
  /** Holds the bytes of an incomplete character between two writes. */
  readonly #decoder = new StringDecoder('utf8');

  readonly #stream: Writable;

  constructor(stream: Writable) {
    this.#stream = stream;
    stream.on('error', this.#onError);
  }

  /** The callback of the write reports the error. Without a listener the process would end. */
  readonly #onError = (): void => undefined;

  write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#stream.write(this.#shown(bytes), (error) => {
        if (error === null || error === undefined) resolve();
        else if (systemCode(error) === 'EPIPE') reject(new OutputClosed('The output was closed.'));
        else reject(writeFailed('standard output', error, '.'));
      });
    });
  }

  /** A terminal would obey control characters in a model's output, so they are escaped there, which keeps the JSON the same. Other readers get the bytes unchanged. */
  #shown(bytes: Uint8Array): Uint8Array | string {
    const isTerminal = 'isTTY' in this.#stream && this.#stream.isTTY === true;
    return isTerminal ? harmless(this.#decoder.write(Buffer.from(bytes)), { colours: false }) : bytes;
  }

  async finish(): Promise<Placed> {
    this.#stream.off('error', this.#onError);
    return {};
  }

  async discard(): Promise<void> {
    // The listener stays, because a broken pipe may be reported a moment later.
  }
}

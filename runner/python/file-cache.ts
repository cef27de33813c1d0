/**
 * Keeps downloaded wheels in the user's cache folder, by their digest, so that each is downloaded once.
 *
 * Invariant: A file of the cache is whole and has been checked, because it is renamed into place after that.
 */
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { messageOf, UserError } from '../errors.js';
import { authorizationFor, withoutCredentials } from './indexes.js';

export function cacheDirectory(env: Readonly<Record<string, string | undefined>>): string {
  const base = env['XDG_CACHE_HOME'] ?? path.join(env['HOME'] ?? os.homedir(), '.cache');
  return path.join(base, 'spotpool');
}

export interface RemoteFile {
  readonly file: string;
  /** Where it is, with credentials if it needs them. */
  readonly url: string;
  /** Absent when the index gives no SHA-256. */
  readonly sha256?: string;
}

export interface CachedFile {
  readonly path: string;
  readonly sha256: string;
  readonly bytes: number;
}

export class FileCache {
  readonly #directory: string;
  readonly #indexes: readonly string[];

  /** `indexes` may hold credentials, which their hosts get. */
  constructor(directory: string, indexes: readonly string[]) {
    this.#directory = directory;
    this.#indexes = indexes;
  }

  /** Downloads the file, unless the cache has it. */
  async fetch(remote: RemoteFile, signal: AbortSignal): Promise<CachedFile> {
    const { sha256 } = remote;
    const known = sha256 === undefined ? undefined : await this.known(remote.file, sha256);
    return known ?? (await this.#download(remote, signal));
  }

  #placeOf(file: string, sha256: string): string {
    return path.join(this.#directory, 'wheels', sha256, file);
  }

  async known(file: string, sha256: string): Promise<CachedFile | undefined> {
    const place = this.#placeOf(file, sha256);
    const found = await stat(place).catch(() => undefined);
    return found?.isFile() ? { path: place, sha256, bytes: found.size } : undefined;
  }

  async #download({ file, url, sha256 }: RemoteFile, signal: AbortSignal): Promise<CachedFile> {
    const folder = path.join(this.#directory, 'wheels');
    await mkdir(folder, { recursive: true });
    const partial = path.join(folder, `${randomUUID()}.partial`);
    const hash = createHash('sha256');
    let bytes = 0;
    try {
      const body = await this.#open(file, url, signal);
      const count = async function* (chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
        for await (const chunk of chunks) {
          hash.update(chunk);
          bytes += chunk.length;
          yield chunk;
        }
      };
      await pipeline(body, count, createWriteStream(partial), { signal });
      const found = hash.digest('hex');
      if (sha256 !== undefined && found !== sha256) {
        throw new UserError(
          `The package index sent another file than ${file}: its SHA-256 is ${found}, and ${sha256} was expected. Submit again; if that does not help, ask who runs the index.`,
        );
      }
      const place = this.#placeOf(file, found);
      await mkdir(path.dirname(place), { recursive: true });
      await rename(partial, place);
      return { path: place, sha256: found, bytes };
    } finally {
      await rm(partial, { force: true });
    }
  }

  async #open(file: string, url: string, signal: AbortSignal): Promise<Readable> {
    if (url.startsWith('file:')) return createReadStream(fileURLToPath(url));
    return Readable.fromWeb(await this.request(file, url, signal));
  }

  /** `what` names the file in messages. */
  async request(
    what: string,
    url: string,
    signal: AbortSignal,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<NonNullable<Parameters<typeof Readable.fromWeb>[0]>> {
    // fetch refuses a URL with a password in it.
    const address = withoutCredentials(url);
    const options = { signal, headers: { ...headers, ...authorizationFor(url, this.#indexes) } };
    const response = await fetch(address, options).catch((error: unknown) => {
      signal.throwIfAborted();
      throw new Error(`Could not download ${what}: ${causeOf(error)}. Is ${new URL(address).host} reachable?`);
    });
    if (response.ok && response.body !== null) return response.body as never;
    await response.body?.cancel();
    const { host } = new URL(address);
    const refused = response.status === 401 || response.status === 403;
    throw new UserError(
      `Could not download ${what}: ${host} answered ${response.status}.` +
        (refused
          ? ` Give the index's user and password in its URL, such as UV_DEFAULT_INDEX=https://USER:PASSWORD@${host}/…`
          : ''),
    );
  }
}

const causeOf = (error: unknown): string =>
  messageOf(error instanceof Error && error.cause !== undefined ? error.cause : error);

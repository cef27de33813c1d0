/**
 * A model that waits rather than computes. Each item is a URL; the model downloads it and returns its status, type, size and digest.
 *
 *   spotpool run urls.txt --model examples/download/model.ts --concurrency 4
 */
import { createHash } from 'node:crypto';
import type { ModelContext, Prediction } from '../../core/contract/model-api.js';

export interface Download {
  readonly status: number;
  readonly contentType: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** All items of a slice are downloaded at the same time. Larger slices would only queue at the network. */
export const maxSliceItems = 16;

/** A server that does not answer fails its item after this time, which is shorter than the time that spotpool gives an item. */
const FETCH_TIMEOUT_MS = 30_000;

export function predict(items: readonly unknown[], { signal }: ModelContext): Promise<readonly Prediction<Download>[]> {
  return Promise.all(items.map((item) => download(item, signal).catch(errorOf)));
}

async function download(item: unknown, signal: AbortSignal): Promise<Download> {
  if (typeof item !== 'string' || !URL.canParse(item)) throw codedError('NotAUrl', 'The item is not a URL.');
  const response = await fetch(item, { signal: AbortSignal.any([signal, AbortSignal.timeout(FETCH_TIMEOUT_MS)]) });
  if (!response.ok) {
    await response.body?.cancel();
    throw codedError('HttpStatus', `${item} answered ${response.status}`);
  }
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    hash.update(chunk as Uint8Array);
    bytes += (chunk as Uint8Array).length;
  }
  const contentType = response.headers.get('content-type') ?? '';
  return { status: response.status, contentType, bytes, sha256: hash.digest('hex') };
}

/** The message of a failed `fetch` does not give the reason (ECONNREFUSED and the like); its cause does. */
function errorOf(error: unknown): Error {
  if (!(error instanceof Error)) return new Error(String(error));
  return error.cause instanceof Error ? codedError('FetchFailed', `${error.message}: ${error.cause.message}`) : error;
}

const codedError = (code: string, message: string): Error => Object.assign(new Error(message), { code });

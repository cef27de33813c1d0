/** The replies of actions; only `send` writes to the socket. */
import type { ServerResponse } from 'node:http';
import type { Body } from './body.js';
import type { S3Error } from './errors.js';
import { errorDocument } from './xml.js';

export interface S3Response {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text (XML unless the headers say otherwise), or an object's bytes, which `send` releases. */
  readonly body?: string | Body;
}

export const xmlResponse = (body: string, headers: Readonly<Record<string, string>> = {}): S3Response => ({
  status: 200,
  headers: { 'content-type': 'application/xml', ...headers },
  body,
});

export const noContent: S3Response = { status: 204 };

export function errorResponse(
  error: S3Error,
  context: { readonly resource: string; readonly requestId: string },
): S3Response {
  // A 304 is an answer without a body, not an error: https://www.rfc-editor.org/rfc/rfc9110#name-304-not-modified
  if (error.status === 304) return { status: 304, headers: error.headers };
  const body = errorDocument({
    Code: error.code,
    Message: error.message,
    ...error.details,
    Resource: context.resource,
    RequestId: context.requestId,
    HostId: 'local',
  });
  return { status: error.status, headers: { 'content-type': 'application/xml', ...error.headers }, body };
}

export async function send(
  reply: S3Response,
  response: ServerResponse,
  options: { readonly withoutBody: boolean; readonly signal: AbortSignal },
): Promise<void> {
  const { body } = reply;
  if (body === undefined || typeof body === 'string') {
    // The answer to a HEAD has the length that a GET would have; a 204 or 304 has none.
    const hasLength = !options.withoutBody && reply.status !== 204 && reply.status !== 304;
    const length = hasLength ? { 'content-length': String(Buffer.byteLength(body ?? '')) } : {};
    response.writeHead(reply.status, { ...reply.headers, ...length });
    response.end(options.withoutBody ? undefined : body);
    return;
  }
  try {
    response.writeHead(reply.status, { ...reply.headers, 'content-length': String(body.size) });
    const bytes = body.inMemory();
    if (bytes !== undefined) {
      response.end(bytes);
      return;
    }
    for await (const piece of body.read(options.signal)) await flush(response, piece, options.signal);
    response.end();
  } catch (error) {
    // The status has been sent already, so only a broken connection can tell the client that bytes are missing.
    response.destroy();
    if (!options.signal.aborted) throw error;
  } finally {
    body.release();
  }
}

/** Waits until the bytes have left the process, because their buffer is used again. */
function flush(response: ServerResponse, piece: Uint8Array, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(new Error('The client is gone.'));
    signal.addEventListener('abort', abort, { once: true });
    response.write(piece, (error) => {
      signal.removeEventListener('abort', abort);
      if (error) reject(error);
      else resolve();
    });
  });
}

/** What the front door (server.ts) asks of each service behind the one endpoint, and does for it. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Principal } from './principal.js';

export interface ServiceRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
  /** Aborts when the client's socket closes before the response is finished. */
  readonly signal: AbortSignal;
  readonly requestId: string;
  /** True when the reply is to be lost on purpose: what was done stays done, though the client hears nothing of it. */
  readonly losesReply: boolean;
  /** The owner of the key that signed it, once it has entered; undefined for the cloud's own. */
  readonly principal: Principal | undefined;
  /**
   * Each service calls it once, as soon as it knows the action (as AWS spells it) and before it acts. Throws a Refusal, which
   * the service renders in its own form, or (with `signal` aborted) when the connection was broken on purpose. `body` is what
   * came, where it was read whole: its hash is signed. `named` is what the path names, as parameters of the action.
   */
  enter(action: string, body?: Uint8Array, named?: Readonly<Record<string, string>>): Promise<void>;
}

export interface Service {
  readonly name: 'sqs' | 's3' | 'ec2' | 'scheduler' | 'sts' | 'admin';
  /** Writes the whole response. A rejection becomes a 500 of the service's own form only if the service made it so. */
  handle(request: ServiceRequest): Promise<void>;
}

/** Reads a body whole; throws past `maxBytes`, so that no client can fill the memory. */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  // One that is announced is refused before it comes.
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw new BodyTooLarge(maxBytes);
  const chunks: Buffer[] = [];
  let bytes = 0;
  // Not destroyed on a refusal: the socket is still needed for the reply.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new BodyTooLarge(maxBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

export class BodyTooLarge extends Error {
  override readonly name = 'BodyTooLarge';
  constructor(readonly maxBytes: number) {
    super(`The request body is larger than ${maxBytes} bytes.`);
  }
}

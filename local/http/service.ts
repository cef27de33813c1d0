/** The interface between the front door (server.ts) and the services behind its endpoint. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Principal } from './principal.js';

export interface ServiceRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
  /** Aborts when the client's socket closes before the response is finished. */
  readonly signal: AbortSignal;
  readonly requestId: string;
  /** True when a fault rule drops the reply: the request takes effect, but the client gets no answer. */
  readonly losesReply: boolean;
  /** The owner of the key that signed the request, set by `enter`; undefined for the cloud's own key. */
  readonly principal: Principal | undefined;
  /**
   * Admits the request. Each service calls it once, as soon as it knows the action (as AWS spells it) and before it
   * acts. Throws a Refusal, which the service renders in its own form, or throws with `signal` aborted when a fault
   * rule broke the connection. `body` is the whole body if it was read, because its hash is signed. `named` holds
   * the action's parameters that the path names.
   */
  enter(action: string, body?: Uint8Array, named?: Readonly<Record<string, string>>): Promise<void>;
}

export interface Service {
  readonly name: 'sqs' | 's3' | 'ec2' | 'scheduler' | 'sts' | 'admin';
  /**
   * Writes the whole response. A rejection becomes a plain 500, unless the service has rendered the error in its
   * own form.
   */
  handle(request: ServiceRequest): Promise<void>;
}

/** Reads a whole body; throws above `maxBytes`, so that no client can fill the memory. */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  // A body whose announced length is too large is refused before it arrives.
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw new BodyTooLarge(maxBytes);
  const chunks: Buffer[] = [];
  let bytes = 0;
  // The request must not be destroyed on a refusal, because the socket is still needed for the reply.
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

/** What the front door (server.ts) asks of each service behind the one endpoint. */
import type { IncomingMessage, ServerResponse } from 'node:http';

export interface ServiceRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
  /** Aborts when the client's socket closes before the response is finished. */
  readonly signal: AbortSignal;
  readonly requestId: string;
}

export interface Service {
  readonly name: 'sqs' | 's3' | 'ec2' | 'scheduler' | 'sts' | 'admin';
  /** Writes the whole response. A rejection becomes a 500 of the service's own form only if the service made it so. */
  handle(request: ServiceRequest): Promise<void>;
}

/** Reads a body whole; throws past `maxBytes`, so that no client can fill the memory. */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
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

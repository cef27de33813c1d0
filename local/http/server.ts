/**
 * One endpoint for all services, on 127.0.0.1 only. A request's service is found by its protocol (SQS names its
 * action in a header) and by the credential scope of its signature. All other requests are S3's, as on AWS virtual
 * hosts.
 *
 * Every request is answered. Node answers requests that are not valid HTTP: 400, 408 (slow headers) or 431 (long
 * headers).
 */
import { randomUUID } from 'node:crypto';
import http from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { destinationOf, readTarget, answerNotServed } from './destination.js';
import type { Service } from './service.js';
import { type DoorOptions, Exchange } from './exchange.js';

export interface Services {
  readonly sqs?: Service;
  readonly s3?: Service;
  readonly ec2?: Service;
  readonly scheduler?: Service;
  readonly sts?: Service;
  readonly admin?: Service;
}

export interface RunningServer {
  readonly port: number;
  readonly endpoint: string;
  /** Breaks every connection; when it resolves, no request is still at work. */
  close(): Promise<void>;
}

/** Delays the replies of a service, for tests and benchmarks of latency. */
export type Delay = (service: Service['name'], signal: AbortSignal) => Promise<void>;

export interface ServerOptions extends DoorOptions {
  readonly port: number;
  readonly delay?: Delay;
  /** The longest time in which a client may send its headers. */
  readonly headersTimeoutMs?: number;
}

/** The limit for the request line and all headers. An S3 key, its metadata and a session token take below 8 KiB. */
const MAX_HEADER_BYTES = 16 * 1024;
const HEADERS_TIMEOUT_MS = 20_000;
const KEEP_ALIVE_MS = 60_000;
/** No poll and no delay of a `slow` rule lasts this long, so a client that is silent for longer is gone. */
const SILENCE_MS = 660_000;
/**
 * The size of the largest put. A refused client reads its answer only after it has sent its whole body, so that
 * much is read and dropped.
 */
const MAX_DROPPED_BYTES = 5 * 1024 ** 3;
/** Requests end with their connections; one that does not must not keep the cloud from ending. */
const CLOSE_MS = 5_000;

export async function startServer(services: Services, options: ServerOptions): Promise<RunningServer> {
  const atWork = new Set<Promise<void>>();
  const headersTimeout = options.headersTimeoutMs ?? HEADERS_TIMEOUT_MS;
  const server = http.createServer(
    {
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout,
      connectionsCheckingInterval: headersTimeout / 4,
      // There is no limit for a request's time: long polls last 20 s, and uploads may take arbitrarily long.
      requestTimeout: 0,
      keepAliveTimeout: KEEP_ALIVE_MS,
    },
    (request, response) => {
      const work = dispatch(services, options, request, response).finally(() => atWork.delete(work));
      atWork.add(work);
    },
  );
  server.timeout = SILENCE_MS;
  server.maxHeadersCount = 0; // The headers' size is bounded instead; Node would silently drop headers above a count.
  server.on('connect', (_, socket) => refuseTunnel(socket as Socket));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    port,
    endpoint: `http://127.0.0.1:${port}`,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
      await Promise.race([Promise.all(atWork), delay(CLOSE_MS, undefined, { ref: false })]);
    },
  };
}

async function dispatch(
  services: Services,
  options: ServerOptions,
  request: http.IncomingMessage,
  response: http.ServerResponse,
): Promise<void> {
  const requestId = randomUUID();
  response.setHeader('x-amzn-requestid', requestId);
  let exchange: Exchange | undefined;
  try {
    const url = readTarget(request);
    const name = destinationOf(request, url);
    const service = isServed(services, name) ? services[name] : undefined;
    if (service === undefined) answerNotServed(name, request, response);
    else {
      exchange = new Exchange(service.name, options, request, response, url, requestId);
      await options.delay?.(service.name, exchange.signal);
      await service.handle(exchange);
    }
  } catch (error) {
    if (exchange?.signal.aborted) return;
    if (!response.headersSent) response.writeHead(500, { 'content-type': 'text/plain' });
    response.end(`InternalError: ${String(error)}\n`);
  }
  dropRest(request);
}

/**
 * Node leaves the socket of a CONNECT request to its listener. The listener handles the socket's errors and ends
 * it, whether or not the client does.
 */
function refuseTunnel(socket: Socket): void {
  socket.on('error', () => undefined);
  socket.write('HTTP/1.1 405 Method Not Allowed\r\nConnection: close\r\n\r\n');
  socket.destroySoon();
}

const isServed = (services: Services, name: string): name is keyof Services => Object.hasOwn(services, name);

function dropRest(request: http.IncomingMessage): void {
  if (request.complete || request.destroyed) return;
  let bytes = 0;
  request
    .on('error', () => undefined)
    .on('data', (piece: Buffer) => {
      bytes += piece.length;
      if (bytes > MAX_DROPPED_BYTES) request.destroy();
    })
    .resume();
}

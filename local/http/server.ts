/**
 * One endpoint for all services, on 127.0.0.1 only. A request is told apart by its protocol (SQS names its action in a
 * header) and by the service in its signature's credential scope; what is left is S3, as on AWS virtual hosts.
 *
 * Every request is answered. Those that are no HTTP are answered by Node: 400, 408 (slow headers) or 431 (long ones).
 */
import { randomUUID } from 'node:crypto';
import http from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { destinationOf, readTarget, sayNotServed } from './destination.js';
import type { Service } from './service.js';
import { type DoorOptions, Visit } from './visit.js';

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
  /** Breaks every connection; nothing of any request is still at work when it resolves. */
  close(): Promise<void>;
}

/** Delays the reply of a service, for tests and benchmarks of latency. */
export type Delay = (service: Service['name'], signal: AbortSignal) => Promise<void>;

export interface ServerOptions extends DoorOptions {
  readonly port: number;
  readonly delay?: Delay;
  /** How long a client may take for its headers. */
  readonly headersTimeoutMs?: number;
}

/** The request line and all headers: an S3 key, its metadata and a session token take below 8 KiB. */
const MOST_HEADER_BYTES = 16 * 1024;
const HEADERS_TIMEOUT_MS = 20_000;
const KEEP_ALIVE_MS = 60_000;
/** No poll lasts so long, nor any slowness that can be asked for: whoever is silent for longer is gone. */
const SILENCE_MS = 660_000;
/** The largest put. A refused client reads its answer only after it has sent everything, so that much is read and dropped. */
const MOST_DROPPED_BYTES = 5 * 1024 ** 3;
/** Requests end with their connections; one that does not must not keep the cloud from ending. */
const CLOSE_MS = 5_000;

export async function startServer(services: Services, options: ServerOptions): Promise<RunningServer> {
  const atWork = new Set<Promise<void>>();
  const headersTimeout = options.headersTimeoutMs ?? HEADERS_TIMEOUT_MS;
  const server = http.createServer(
    {
      maxHeaderSize: MOST_HEADER_BYTES,
      headersTimeout,
      connectionsCheckingInterval: headersTimeout / 4,
      // Long polls last 20 s and uploads take as long as they take.
      requestTimeout: 0,
      keepAliveTimeout: KEEP_ALIVE_MS,
    },
    (request, response) => {
      const work = dispatch(services, options, request, response).finally(() => atWork.delete(work));
      atWork.add(work);
    },
  );
  server.timeout = SILENCE_MS;
  server.maxHeadersCount = 0; // their size is what is bounded; Node would drop what is over a count without a word
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
  let visit: Visit | undefined;
  try {
    const url = readTarget(request);
    const name = destinationOf(request, url);
    const service = isServed(services, name) ? services[name] : undefined;
    if (service === undefined) sayNotServed(name, request, response);
    else {
      visit = new Visit(service.name, options, request, response, url, requestId);
      await options.delay?.(service.name, visit.signal);
      await service.handle(visit);
    }
  } catch (error) {
    if (visit?.signal.aborted) return;
    if (!response.headersSent) response.writeHead(500, { 'content-type': 'text/plain' });
    response.end(`InternalError: ${String(error)}\n`);
  }
  dropRest(request);
}

/** Node leaves such a socket to us alone: its errors, and its end whether or not the client ends it too. */
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
      if (bytes > MOST_DROPPED_BYTES) request.destroy();
    })
    .resume();
}

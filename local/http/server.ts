/**
 * One endpoint for all services, on 127.0.0.1 only. A request is told apart by its protocol (SQS names its action in a
 * header) and by the service in its signature's credential scope; what is left is S3, as on AWS virtual hosts.
 */
import { randomUUID } from 'node:crypto';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
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
  close(): Promise<void>;
}

/** Delays the reply of a service, for tests and benchmarks of latency. */
export type Delay = (service: Service['name'], signal: AbortSignal) => Promise<void>;

export interface ServerOptions extends DoorOptions {
  readonly port: number;
  readonly delay?: Delay;
}

export async function startServer(services: Services, options: ServerOptions): Promise<RunningServer> {
  const server = http.createServer((request, response) => {
    void dispatch(services, options, request, response);
  });
  // Long polls last 20 s and uploads take as long as they take: only idle connections are closed.
  server.requestTimeout = 0;
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    port,
    endpoint: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
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
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    const asked = serviceOf(request, url);
    const service = isServed(services, asked) ? services[asked] : undefined;
    if (service === undefined) return notServed(asked, request, response);
    visit = new Visit(service.name, options, request, response, url, requestId);
    await options.delay?.(service.name, visit.signal);
    await service.handle(visit);
  } catch (error) {
    if (visit?.signal.aborted) return;
    if (!response.headersSent) response.writeHead(500, { 'content-type': 'text/plain' });
    response.end(`InternalError: ${String(error)}\n`);
  }
}

/** As its name stands in the scope of a signature. */
function serviceOf(request: http.IncomingMessage, url: URL): string {
  // As it was sent: the URL's own path has `..` folded, and an object's key may hold `../_local/`.
  if (request.url?.startsWith('/_local/')) return 'admin';
  const target = request.headers['x-amz-target'];
  if (typeof target === 'string' && target.startsWith('AmazonSQS.')) return 'sqs';
  const credential =
    /Credential=([^,\s]+)/.exec(request.headers.authorization ?? '')?.[1] ??
    url.searchParams.get('X-Amz-Credential') ??
    '';
  const scope = credential.split('/')[3] ?? '';
  return scope === '' || scope === 'admin' ? 's3' : scope;
}

const isServed = (services: Services, name: string): name is keyof Services => Object.hasOwn(services, name);

/** In the protocol that the client speaks, as far as it shows: SDKs drop what they cannot read. */
function notServed(name: string, request: http.IncomingMessage, response: http.ServerResponse): void {
  const service = name.slice(0, 64).replace(/[^\w-]/g, '?');
  const message = `The local cloud does not serve ${service}: it has SQS, S3, EC2, EventBridge Scheduler and STS.`;
  const isQuery = request.headers['content-type']?.startsWith('application/x-www-form-urlencoded') ?? false;
  const error = { __type: 'UnknownOperationException', message };
  response
    .writeHead(501, {
      'content-type': isQuery ? 'text/xml' : 'application/json',
      'x-amzn-errortype': error.__type,
    })
    .end(
      isQuery
        ? `<ErrorResponse><Error><Type>Sender</Type><Code>${error.__type}</Code><Message>${message}</Message></Error></ErrorResponse>`
        : JSON.stringify(error),
    );
  request.resume();
}

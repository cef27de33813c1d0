/**
 * One endpoint for all services, on 127.0.0.1 only. A request is told apart by its protocol (SQS names its action in a
 * header) and by the service in its signature's credential scope; what is left is S3, as on AWS virtual hosts.
 */
import { randomUUID } from 'node:crypto';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Service, ServiceRequest } from './service.js';

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

export async function startServer(
  services: Services,
  options: { readonly port: number; readonly delay?: Delay },
): Promise<RunningServer> {
  const server = http.createServer((request, response) => {
    void dispatch(services, options.delay, request, response);
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
  delay: Delay | undefined,
  request: http.IncomingMessage,
  response: http.ServerResponse,
): Promise<void> {
  const closed = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) closed.abort();
  });
  response.on('error', () => closed.abort());
  const requestId = randomUUID();
  response.setHeader('x-amzn-requestid', requestId);
  try {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    const service = services[serviceOf(request, url)];
    if (service === undefined) {
      response.writeHead(501, { 'content-type': 'text/plain' }).end('The local cloud does not serve this service.\n');
      return;
    }
    const serviceRequest: ServiceRequest = { request, response, url, signal: closed.signal, requestId };
    await delay?.(service.name, closed.signal);
    await service.handle(serviceRequest);
  } catch (error) {
    if (closed.signal.aborted) return;
    if (!response.headersSent) response.writeHead(500, { 'content-type': 'text/plain' });
    response.end(`InternalError: ${String(error)}\n`);
  }
}

function serviceOf(request: http.IncomingMessage, url: URL): keyof Services {
  // As it was sent: the URL's own path has `..` folded, and an object's key may hold `../_local/`.
  if (request.url?.startsWith('/_local/')) return 'admin';
  const target = request.headers['x-amz-target'];
  if (typeof target === 'string' && target.startsWith('AmazonSQS.')) return 'sqs';
  const credential =
    /Credential=([^,\s]+)/.exec(request.headers.authorization ?? '')?.[1] ??
    url.searchParams.get('X-Amz-Credential') ??
    '';
  const scope = credential.split('/')[3];
  if (scope === 'ec2' || scope === 'sqs' || scope === 'scheduler' || scope === 'sts') return scope;
  return 's3';
}

/** Which service a request is for, and what is said when it is not there. */
import type { IncomingMessage, ServerResponse } from 'node:http';

/** As its name stands in the scope of a signature. */
export function destinationOf(request: IncomingMessage, url: URL): string {
  // As it was sent: the URL's own path has `..` folded, and an object's key may hold `../_local/`.
  if (request.url?.startsWith('/_local/')) return 'admin';
  const target = request.headers['x-amz-target'];
  if (typeof target === 'string' && target.startsWith('AmazonSQS.')) return 'sqs';
  const scope = credentialOf(request, url)[3] ?? '';
  return scope === '' || scope === 'admin' ? 's3' : scope;
}

/** As it says; empty when it says none. */
export const accessKeyIdOf = (request: IncomingMessage, url: URL): string =>
  credentialOf(request, url)[0] ?? url.searchParams.get('AWSAccessKeyId') ?? '';

/** `AKIA…/20260101/us-east-1/s3/aws4_request`, in its parts. */
function credentialOf({ headers }: IncomingMessage, { searchParams }: URL): readonly string[] {
  const credential = /Credential=([^,\s]+)/.exec(headers.authorization ?? '')?.[1];
  return (credential ?? searchParams.get('X-Amz-Credential'))?.split('/') ?? [];
}

/**
 * Makes `GET http://host/path`, which servers must take, the same as `GET /path`; the target is otherwise left as it was sent.
 * https://www.rfc-editor.org/rfc/rfc9112#name-absolute-form
 */
export function readTarget(request: IncomingMessage): URL {
  const target = (request.url ?? '/').replace(/^https?:\/\/[^/?#]*/i, '');
  request.url = target.startsWith('/') ? target : `/${target}`;
  return new URL(`http://127.0.0.1${request.url}`);
}

/** In the protocol that the client speaks, as far as it shows: SDKs drop what they cannot read. */
export function sayNotServed(name: string, request: IncomingMessage, response: ServerResponse): void {
  const service = name.slice(0, 64).replace(/[^\w-]/g, '?');
  const message = `The local cloud does not serve ${service}: it has SQS, S3, EC2, EventBridge Scheduler and STS.`;
  const isQuery = request.headers['content-type']?.startsWith('application/x-www-form-urlencoded') ?? false;
  const code = 'UnknownOperationException';
  const xml = `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`;
  response
    .writeHead(501, { 'content-type': isQuery ? 'text/xml' : 'application/json', 'x-amzn-errortype': code })
    .end(isQuery ? xml : JSON.stringify({ __type: code, message }));
}

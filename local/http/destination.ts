/** Finds the service that a request is for, and answers when that service does not exist here. */
import type { IncomingMessage, ServerResponse } from 'node:http';

/** Returns the service's name as it appears in the scope of a signature. */
export function destinationOf(request: IncomingMessage, url: URL): string {
  // The raw target is compared: the URL's own path has `..` folded, and an object's key may hold `../_local/`.
  if (request.url?.startsWith('/_local/')) return 'admin';
  const target = request.headers['x-amz-target'];
  if (typeof target === 'string' && target.startsWith('AmazonSQS.')) return 'sqs';
  const scope = credentialOf(request, url)[3] ?? '';
  return scope === '' || scope === 'admin' ? 's3' : scope;
}

/** Returns the access key id that the request names, or an empty text if it names none. */
export const accessKeyIdOf = (request: IncomingMessage, url: URL): string =>
  credentialOf(request, url)[0] ?? url.searchParams.get('AWSAccessKeyId') ?? '';

/** Splits a credential such as `AKIA…/20260101/us-east-1/s3/aws4_request` into its parts. */
function credentialOf({ headers }: IncomingMessage, { searchParams }: URL): readonly string[] {
  const credential = /Credential=([^,\s]+)/.exec(headers.authorization ?? '')?.[1];
  return (credential ?? searchParams.get('X-Amz-Credential'))?.split('/') ?? [];
}

/**
 * Turns `GET http://host/path`, which servers must accept, into `GET /path`. The target is otherwise left as it was
 * sent. https://www.rfc-editor.org/rfc/rfc9112#name-absolute-form
 */
export function readTarget(request: IncomingMessage): URL {
  const target = (request.url ?? '/').replace(/^https?:\/\/[^/?#]*/i, '');
  request.url = target.startsWith('/') ? target : `/${target}`;
  return new URL(`http://127.0.0.1${request.url}`);
}

/**
 * Answers in the protocol that the client speaks, as far as the request shows it: SDKs drop answers that they
 * cannot parse.
 */
export function answerNotServed(name: string, request: IncomingMessage, response: ServerResponse): void {
  const service = name.slice(0, 64).replace(/[^\w-]/g, '?');
  const message = `The local cloud does not serve ${service}. It serves SQS, S3, EC2, EventBridge Scheduler and STS.`;
  const isQuery = request.headers['content-type']?.startsWith('application/x-www-form-urlencoded') ?? false;
  const code = 'UnknownOperationException';
  const xml = `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`;
  response
    .writeHead(501, { 'content-type': isQuery ? 'text/xml' : 'application/json', 'x-amzn-errortype': code })
    .end(isQuery ? xml : JSON.stringify({ __type: code, message }));
}

/**
 * The S3 of the local cloud: REST, path-style or `<bucket>.localhost`, one region, one account. Objects live as
 * long as the process: the index is in memory, bodies are in memory or in `directory` (body-store.ts). With `kept`
 * they outlive it (kept/kept-objects.ts).
 *
 * Known differences from AWS (docs/reference/local-cloud/s3.md): objects have one version each, whatever versioning was set.
 * Configuration of buckets is kept and given back, but has no effect. Other sub-resources are refused.
 */
import type { IncomingMessage } from 'node:http';
import { explainDiskError, type DiskErrorLog } from '../disk-errors.js';
import { Refusal } from '../http/refusal.js';
import type { Service, ServiceRequest } from '../http/service.js';
import type { S3State } from './action.js';
import { Body } from './body.js';
import { BodyStore } from './body-store.js';
import { Buckets } from './buckets.js';
import { S3Error } from './errors.js';
import { readRequest, type S3Request } from './request.js';
import { checkRequest } from './guards.js';
import { errorResponse, send, type S3Response } from './response.js';
import { createRouter } from './router.js';
import { ROUTES } from './routes.js';

export interface S3Options {
  /**
   * The directory is created if it is missing; bodies are written into it under random names. Its owner removes it
   * after the end.
   */
  readonly directory: string;
  /** Buckets that outlive the process. Their bodies are in a directory of their own. */
  readonly kept?: Pick<S3State, 'buckets' | 'bodies'>;
  /** The most bytes of bodies that are held in memory. */
  readonly memoryBudgetBytes?: number;
  /** The region of buckets whose creation names no other. */
  readonly region?: string;
  readonly nowMs?: () => number;
  /** Reports errors of the disk, in addition to the answer to the client. */
  readonly diskErrors?: DiskErrorLog;
}

const findRoute = createRouter(ROUTES);

export function createS3Service(options: S3Options): Service {
  const state: S3State = {
    ...(options.kept ?? {
      buckets: new Buckets(),
      bodies: new BodyStore(options.directory, options.memoryBudgetBytes),
    }),
    region: options.region ?? 'us-east-1',
    nowMs: options.nowMs ?? Date.now,
  };
  const explain = (error: unknown): S3Error => {
    const explanation = explainDiskError(error, state.bodies.directory, options.kept === undefined ? 'files' : 'data');
    if (explanation === undefined) return toS3Error(error);
    options.diskErrors?.report(explanation);
    // The client may retry, as on AWS: space on the disk may become free.
    return new S3Error(500, 'InternalError', `We encountered an internal error. ${explanation}`);
  };
  return { name: 's3', handle: (request) => handle(state, explain, request) };
}

async function handle(
  state: S3State,
  explain: (error: unknown) => S3Error,
  serviceRequest: ServiceRequest,
): Promise<void> {
  const { request, response, signal, requestId } = serviceRequest;
  response.setHeader('x-amz-request-id', requestId);
  response.setHeader('x-amz-id-2', requestId);
  let reply: S3Response;
  try {
    const parsed = readRequest(request, signal);
    const route = findRoute(parsed);
    await serviceRequest.enter(route.operation, undefined, namesOf(parsed));
    checkRequest(parsed);
    reply = await route.action(state, parsed);
  } catch (error) {
    if (signal.aborted) return;
    reply = errorResponse(explain(error), { resource: pathOf(request), requestId });
  }
  try {
    // A reply tells what it saw, an error, too. Nobody may be told of what a power loss could take back.
    await state.buckets.keeper.settled();
  } catch (error) {
    if (reply.body instanceof Body) reply.body.release();
    reply = errorResponse(explain(error), { resource: pathOf(request), requestId });
  }
  await send(reply, response, { withoutBody: request.method === 'HEAD', signal });
}

const namesOf = ({ bucket, key }: S3Request): Readonly<Record<string, string>> => ({
  ...(bucket === '' ? {} : { Bucket: bucket }),
  ...(key === '' ? {} : { Key: key }),
});

/** Returns the path as it was sent. */
const pathOf = ({ url = '/' }: IncomingMessage): string => url.replace(/\?.*$/s, '');

/** An unexpected error is reported with its text, and the client may retry, as on AWS. */
function toS3Error(error: unknown): S3Error {
  if (error instanceof S3Error) return error;
  if (error instanceof Refusal) return new S3Error(error.status, error.code, error.message, error.details);
  return new S3Error(500, 'InternalError', `We encountered an internal error: ${String(error)}`);
}

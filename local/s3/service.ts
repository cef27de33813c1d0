/**
 * The S3 of the local cloud: REST, path-style, one region, one account, no versions; signatures are not checked.
 * Objects live as long as the process: the index is in memory, bodies are files in `directory` (body-store.ts).
 *
 * Known differences from AWS: an object that came without a checksum has none (AWS works out a CRC-64/NVME); versioning,
 * lifecycle, policy, encryption and access settings are kept and given back, but do nothing; other sub-resources are refused.
 */
import { Refusal } from '../http/refusal.js';
import type { Service, ServiceRequest } from '../http/service.js';
import type { S3State } from './action.js';
import { BodyStore } from './body-store.js';
import { Buckets } from './buckets.js';
import { S3Error } from './errors.js';
import { readRequest } from './request.js';
import { errorResponse, send, type S3Response } from './response.js';
import { findRoute } from './router.js';
import { ROUTES } from './routes.js';

export interface S3Options {
  /** Made when missing; bodies are written into it under random names. Its owner removes it after the end. */
  readonly directory: string;
  /** Where buckets are that name no other place. */
  readonly region?: string;
  readonly nowMs?: () => number;
}

export function createS3Service(options: S3Options): Service {
  const state: S3State = {
    buckets: new Buckets(),
    bodies: new BodyStore(options.directory),
    region: options.region ?? 'us-east-1',
    nowMs: options.nowMs ?? Date.now,
  };
  return { name: 's3', handle: (request) => handle(state, request) };
}

async function handle(state: S3State, serviceRequest: ServiceRequest): Promise<void> {
  const { request, response, url, signal, requestId } = serviceRequest;
  response.setHeader('x-amz-request-id', requestId);
  response.setHeader('x-amz-id-2', requestId);
  let reply: S3Response;
  try {
    const parsed = readRequest(request, signal);
    const route = findRoute(ROUTES, parsed);
    await serviceRequest.enter(route.operation);
    reply = await route.action(state, parsed);
  } catch (error) {
    if (signal.aborted) return;
    reply = errorResponse(toS3Error(error), { resource: url.pathname, requestId });
  }
  await send(reply, response, { withoutBody: request.method === 'HEAD', signal });
  // What a refused request still sends is read and dropped: the client reads its reply only after it has written all.
  request.resume();
}

/** A bug or a full disk: said as what it is, and worth a retry as on AWS. */
function toS3Error(error: unknown): S3Error {
  if (error instanceof S3Error) return error;
  if (error instanceof Refusal) return new S3Error(error.status, error.code, error.message, error.details);
  return new S3Error(500, 'InternalError', `We encountered an internal error: ${String(error)}`);
}

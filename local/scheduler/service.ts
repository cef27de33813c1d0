/**
 * EventBridge Scheduler as rule R9 needs it: one-time schedules of the group `default` whose targets modify a
 * fleet. It speaks the REST JSON protocol. https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html
 */
import { mostBodyBytes } from '../http/body-bounds.js';
import { Refusal } from '../http/refusal.js';
import { BodyTooLarge, readBody, type Service, type ServiceRequest } from '../http/service.js';
import { SchedulerError } from './errors.js';
import { findRoute } from './routes.js';
import type { Schedules } from './schedules.js';

/** The schedules outlive the service; their creator must close them. */
export function createSchedulerService({ schedules }: { readonly schedules: Schedules }): Service {
  return {
    name: 'scheduler',
    handle: async (serviceRequest) => {
      try {
        respond(serviceRequest, 200, await answer(schedules, serviceRequest));
      } catch (cause) {
        if (serviceRequest.signal.aborted) return;
        const error = known(cause);
        serviceRequest.response.setHeader('x-amzn-errortype', error.name);
        respond(serviceRequest, error.status, { Message: error.message });
      }
    },
  };
}

async function answer(schedules: Schedules, serviceRequest: ServiceRequest) {
  const { request, url } = serviceRequest;
  const { operation, action, name } = findRoute(request.method ?? '', url.pathname);
  const body = await readBody(request, mostBodyBytes('scheduler', operation));
  await serviceRequest.enter(operation, body, name === '' ? {} : { Name: name });
  return action({ schedules, name, parameters: url.searchParams, body: parse(body) });
}

function parse(body: Buffer): unknown {
  if (body.length === 0) return {};
  try {
    return JSON.parse(body.toString());
  } catch {
    throw new SchedulerError('SerializationException', 'The request body is not JSON.');
  }
}

function known(cause: unknown): { readonly name: string; readonly status: number; readonly message: string } {
  if (cause instanceof SchedulerError) return cause;
  if (cause instanceof Refusal) return { name: cause.shape, status: cause.status, message: cause.message };
  if (cause instanceof BodyTooLarge) return new SchedulerError('RequestEntityTooLargeException', cause.message);
  return new SchedulerError('InternalServerException', `The local cloud's scheduler failed: ${String(cause)}`);
}

function respond({ response }: ServiceRequest, status: number, body: Readonly<Record<string, unknown>>): void {
  const text = JSON.stringify(body);
  response
    .writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) })
    .end(text);
}

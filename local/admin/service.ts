/**
 * What AWS has no call for: looking behind the scenes and making things happen, for tests and demonstrations. JSON under `/_local/`.
 *
 * GET  /_local/state
 * POST /_local/instances/<id>/reclaim     {"noticeMs": number | null}   null is without notice
 * POST /_local/instances/<id>/rebalance
 * POST /_local/reclaim-all                {"noticeMs": number | null}
 * POST /_local/market                     {"capacity": number}
 * POST /_local/shutdown
 *
 * Faults and imperfections: faults.ts.
 */
import type { Compute } from '../ec2/compute.js';
import { BodyTooLarge, readBody, type Service, type ServiceRequest } from '../http/service.js';
import { isFulfilling } from '../instances/instance.js';
import type { Schedules } from '../scheduler/schedules.js';
import { type Body, AdminError, parseBody, readCapacity, readNoticeMs } from './body.js';
import { type FaultControls, faultRoutes } from './faults.js';
import { stateOf } from './state.js';

export interface AdminOptions {
  readonly compute: Compute;
  readonly faults: FaultControls;
  readonly schedules?: Schedules;
  /** Ends the local cloud; called after the answer is written. */
  readonly shutdown: () => void;
}

interface Reply {
  readonly body: unknown;
  readonly afterwards?: () => void;
}

interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: RegExp;
  readonly act: (options: AdminOptions, id: string, body: Body) => Reply;
}

/** Bodies are a number or two. */
const MOST_BODY_BYTES = 64 * 1024;

const routes: readonly Route[] = [
  {
    method: 'GET',
    path: /^\/_local\/state$/,
    act: ({ compute, schedules }) => ({ body: stateOf(compute, schedules) }),
  },
  { method: 'POST', path: /^\/_local\/instances\/([^/]+)\/reclaim$/, act: reclaim },
  { method: 'POST', path: /^\/_local\/instances\/([^/]+)\/rebalance$/, act: rebalance },
  {
    method: 'POST',
    path: /^\/_local\/reclaim-all$/,
    act: ({ compute }, _, body) => ({ body: { instances: compute.reclaimAll(readNoticeMs(body)) } }),
  },
  {
    method: 'POST',
    path: /^\/_local\/market$/,
    act: ({ compute }, _, body) => {
      const capacity = readCapacity(body);
      if (capacity !== undefined) compute.market.setCapacity(capacity);
      return { body: { capacity: Number.isFinite(compute.market.capacity) ? compute.market.capacity : null } };
    },
  },
  {
    method: 'POST',
    path: /^\/_local\/shutdown$/,
    act: ({ shutdown }) => ({ body: { message: 'The local cloud ends now.' }, afterwards: shutdown }),
  },
  ...faultRoutes.map(({ method, path, act }): Route => ({
    method,
    path,
    act: ({ faults }, id, body) => ({ body: act(faults, id, body) }),
  })),
];

export function createAdminService(options: AdminOptions): Service {
  return {
    name: 'admin',
    handle: async (serviceRequest) => {
      const { response } = serviceRequest;
      try {
        const { body, afterwards } = await perform(options, serviceRequest);
        if (afterwards !== undefined) response.once('close', afterwards);
        response.writeHead(200, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
      } catch (error) {
        const refusal = asRefusal(error);
        const headers = { 'content-type': 'application/json', ...refusal.headers };
        response.writeHead(refusal.status, headers).end(`${JSON.stringify({ error: refusal.message })}\n`);
      }
    },
  };
}

async function perform(options: AdminOptions, { request, url }: ServiceRequest): Promise<Reply> {
  const matching = routes.filter((route) => route.path.test(url.pathname));
  if (matching.length === 0) throw new AdminError(404, `There is nothing at ${url.pathname}.`);
  const route = matching.find((candidate) => candidate.method === request.method);
  if (route === undefined) {
    const allowed = matching.map((candidate) => candidate.method).join(', ');
    throw new AdminError(405, `${url.pathname} takes ${allowed}, not ${String(request.method)}.`, { allow: allowed });
  }
  const id = route.path.exec(url.pathname)?.[1] ?? '';
  const text = (await readBody(request, MOST_BODY_BYTES)).toString('utf8');
  return route.act(options, id, parseBody(text));
}

function reclaim({ compute }: AdminOptions, id: string, body: Body): Reply {
  const noticeMs = readNoticeMs(body);
  checkTakeable(compute, id);
  if (!compute.reclaim(id, noticeMs)) throw new AdminError(400, `The instance ${id} is under notice already.`);
  return { body: { instance: id, noticeMs } };
}

function rebalance({ compute }: AdminOptions, id: string): Reply {
  checkTakeable(compute, id);
  compute.instances.recommendRebalance(id);
  return { body: { instance: id } };
}

function checkTakeable(compute: Compute, id: string): void {
  const instance = compute.instances.get(id);
  if (instance === undefined) throw new AdminError(404, `There is no instance ${id}.`);
  if (!isFulfilling(instance)) throw new AdminError(400, `The instance ${id} is ${instance.state}.`);
}

function asRefusal(error: unknown): AdminError {
  if (error instanceof AdminError) return error;
  if (error instanceof BodyTooLarge) return new AdminError(413, error.message);
  return new AdminError(500, `The local cloud failed: ${String(error)}`);
}

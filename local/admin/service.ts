/**
 * The admin route: it shows the state behind the scenes and causes events, for tests and demonstrations. AWS has no
 * such calls. Requests and replies are JSON, under `/_local/`.
 *
 * GET  /_local/state                      everything but the market's details
 * GET  /_local/market                     every pool with its capacity and price, and the events
 * POST /_local/market                     {"capacity": 3 | null, "pool"?: {"instanceType"?, "zone"?}}
 * POST /_local/market                     {"dollarsPerHour": 0.5 | null, "pool"?: …}
 * POST /_local/instances/<id>/reclaim     {"noticeMs"?: number | null, "takenAfterMs"?: number}   null: without notice
 * POST /_local/instances/<id>/rebalance
 * POST /_local/reclaim-all                the fields of reclaim, and "pool"
 * GET  /_local/requests                   the requests to the cloud, if it was started with --request-log
 * DELETE /_local/requests
 * POST /_local/shutdown
 *
 * Each call needs the cloud's own key, as curl sends it (../http/basic.ts). Instances' keys are refused, and so are web
 * pages (../http/browser.ts). Faults and imperfections are in faults.ts.
 */
import type { Compute } from '../ec2/compute.js';
import { keyOfBasic } from '../http/basic.js';
import { mostBodyBytes } from '../http/body-bounds.js';
import { refusalOfBrowsers } from '../http/browser.js';
import type { Credentials } from '../http/credentials.js';
import { mayCall } from '../http/permissions.js';
import type { RequestLog } from '../http/request-log.js';
import { BodyTooLarge, readBody, type Service, type ServiceRequest } from '../http/service.js';
import type { Schedules } from '../scheduler/schedules.js';
import { type Body, AdminError, parseBody } from './body.js';
import { type FaultControls, faultRoutes } from './faults.js';
import { MarketOrders, OrderError } from './orders.js';
import { marketStateOf, stateOf } from './state.js';

export interface AdminOptions {
  readonly credentials: Credentials;
  readonly compute: Compute;
  readonly faults: FaultControls;
  readonly schedules?: Schedules;
  readonly requests?: RequestLog | undefined;
  /** Ends the local cloud. It is called after the reply is written. */
  readonly shutdown: () => void;
}

interface Reply {
  readonly body: unknown;
  readonly afterwards?: () => void;
}

interface Admin extends AdminOptions {
  readonly orders: MarketOrders;
}

interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: RegExp;
  readonly act: (admin: Admin, id: string, body: Body) => Reply;
}

const REQUESTS = /^\/_local\/requests$/;
const MARKET = /^\/_local\/market$/;

const routes: readonly Route[] = [
  {
    method: 'GET',
    path: /^\/_local\/state$/,
    act: ({ compute, faults, schedules }) => ({
      body: { ...stateOf(compute, schedules), imperfections: faults.imperfections, faults: faults.requests.list() },
    }),
  },
  { method: 'GET', path: MARKET, act: ({ compute }) => ({ body: marketStateOf(compute) }) },
  { method: 'POST', path: MARKET, act: changeMarket },
  {
    method: 'POST',
    path: /^\/_local\/instances\/([^/]+)\/reclaim$/,
    act: ({ orders }, id, body) => ({ body: orders.reclaim(id, body) }),
  },
  {
    method: 'POST',
    path: /^\/_local\/instances\/([^/]+)\/rebalance$/,
    act: ({ orders }, id) => (orders.rebalance(id), { body: { instance: id } }),
  },
  {
    method: 'POST',
    path: /^\/_local\/reclaim-all$/,
    act: ({ orders }, _, body) => ({ body: { instances: orders.reclaimAll(body) } }),
  },
  { method: 'GET', path: REQUESTS, act: (admin) => ({ body: { requests: logOf(admin).list() } }) },
  { method: 'DELETE', path: REQUESTS, act: (admin) => (logOf(admin).clear(), { body: { requests: [] } }) },
  {
    method: 'POST',
    path: /^\/_local\/shutdown$/,
    act: ({ shutdown }) => ({ body: { message: 'The local cloud is shutting down.' }, afterwards: shutdown }),
  },
  ...faultRoutes.map(({ method, path, act }): Route => ({
    method,
    path,
    act: ({ faults }, id, body) => ({ body: act(faults, id, body) }),
  })),
];

export function createAdminService(options: AdminOptions): Service {
  const admin: Admin = { ...options, orders: new MarketOrders(options.compute) };
  return {
    name: 'admin',
    handle: async (serviceRequest) => {
      const { response } = serviceRequest;
      try {
        const { body, afterwards } = await perform(admin, serviceRequest);
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

async function perform(admin: Admin, { request, url }: ServiceRequest): Promise<Reply> {
  const refusal = refusalOfBrowsers(request);
  if (refusal !== undefined) throw new AdminError(403, refusal);
  checkKey(admin.credentials, request.headers.authorization);
  const matching = routes.filter((route) => route.path.test(url.pathname));
  if (matching.length === 0) throw new AdminError(404, `There is no admin route ${url.pathname}.`);
  const route = matching.find((candidate) => candidate.method === request.method);
  if (route === undefined) {
    const allowed = matching.map((candidate) => candidate.method).join(', ');
    throw new AdminError(405, `${url.pathname} takes ${allowed}, not ${String(request.method)}.`, { allow: allowed });
  }
  const id = route.path.exec(url.pathname)?.[1] ?? '';
  const text = (await readBody(request, mostBodyBytes('admin'))).toString('utf8');
  return route.act(admin, id, parseBody(text));
}

/** The key is checked before anything about the cloud is revealed. */
function checkKey(credentials: Credentials, authorization: string | undefined): void {
  const accessKeyId = keyOfBasic(authorization, credentials);
  if (accessKeyId === undefined) {
    throw new AdminError(
      401,
      'The admin route needs the access key that the local cloud printed when it started: curl --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" …',
      { 'www-authenticate': 'Basic realm="local cloud", charset="UTF-8"' },
    );
  }
  if (mayCall(credentials.principalOf(accessKeyId), 'admin')) return;
  throw new AdminError(403, "The key of an instance's role may not use the admin route.");
}

/** Sets a capacity, a price, or both; without either it only returns the market. */
function changeMarket({ compute, orders }: Admin, _: string, body: Body): Reply {
  if ('capacity' in body) orders.setCapacity(body);
  if ('dollarsPerHour' in body) orders.setPrice(body);
  return { body: stateOf(compute).market };
}

function logOf({ requests }: Admin): RequestLog {
  if (requests !== undefined) return requests;
  throw new AdminError(404, 'The request log is off. Start the local cloud with --request-log 10000.');
}

function asRefusal(error: unknown): AdminError {
  if (error instanceof AdminError) return error;
  if (error instanceof OrderError) return new AdminError(error.kind === 'missing' ? 404 : 400, error.message);
  if (error instanceof BodyTooLarge) return new AdminError(413, error.message);
  return new AdminError(500, `The local cloud failed: ${String(error)}`);
}

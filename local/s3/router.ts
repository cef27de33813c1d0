/**
 * Finds the operation of a request by its method, its target, and the sub-resource in its query. Each route lists
 * every parameter that it understands. A request with any other parameter is refused, so that it never does
 * something other than the client intended.
 */
import type { Action } from './action.js';
import type { S3Error } from './errors.js';
import { notImplemented } from './errors.js';
import { isSignificantParameter, type S3Headers, type S3Request } from './request.js';

export type Target = 'service' | 'bucket' | 'object';

export interface Route {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  readonly target: Target;
  /** Required parameters; one with a value must have that value. */
  readonly requires: Readonly<Record<string, string | undefined>>;
  readonly allows?: readonly string[];
  readonly header?: { readonly name: string; readonly present: boolean };
  /** The operation's name as AWS spells it. */
  readonly operation: string;
  readonly action: Action;
}

export type FindRoute = (request: S3Request) => Route;

export function createRouter(routes: readonly Route[]): FindRoute {
  const groups = new Map<string, Route[]>();
  for (const route of routes) {
    const name = groupOf(route.method, route.target);
    groups.set(name, [...(groups.get(name) ?? []), route]);
  }
  return (request) => {
    const target = targetOf(request);
    const parameters = [...new Set(request.query.keys())].filter(isSignificantParameter);
    const route = groups
      .get(groupOf(request.method, target))
      ?.find(
        (candidate) =>
          hasRequired(candidate, request.query) &&
          hasOnlyKnown(candidate, parameters) &&
          hasHeader(candidate, request.headers),
      );
    if (route === undefined) throw unknownOperation(request.method, target, parameters);
    return route;
  };
}

const groupOf = (method: string, target: Target): string => `${method} ${target}`;

export function targetOf(request: Pick<S3Request, 'bucket' | 'key'>): Target {
  if (request.bucket === '') return 'service';
  return request.key === '' ? 'bucket' : 'object';
}

const hasRequired = (route: Route, query: URLSearchParams): boolean =>
  Object.entries(route.requires).every(
    ([name, value]) => query.has(name) && (value === undefined || query.get(name) === value),
  );

const hasOnlyKnown = (route: Route, parameters: readonly string[]): boolean =>
  parameters.every((name) => name in route.requires || route.allows?.includes(name));

const hasHeader = (route: Route, headers: S3Headers): boolean =>
  route.header === undefined || headers.has(route.header.name) === route.header.present;

function unknownOperation(method: string, target: Target, parameters: readonly string[]): S3Error {
  const query = parameters.length === 0 ? '' : ` with ?${parameters.join('&')}`;
  return notImplemented(`The local cloud's S3 does not serve ${method} on ${ARTICLES[target]}${query}.`);
}

const ARTICLES: Readonly<Record<Target, string>> = { service: 'the service', bucket: 'a bucket', object: 'an object' };

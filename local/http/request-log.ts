/**
 * A log of the requests to the cloud: the caller, the call and its answer. Tests use it to check the permissions
 * and the habits of their code. It is off unless a length is given, and it keeps the newest requests.
 */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { definedFields } from '../defined-fields.js';
import { accessKeyIdOf } from './destination.js';
import type { Service } from './service.js';

export interface LoggedRequest {
  /** Counts from 1, in the order of arrival. */
  readonly number: number;
  /** The time of arrival (ISO 8601). */
  readonly at: string;
  readonly service: Service['name'];
  /** The action's name as AWS spells it. */
  readonly action: string;
  readonly accessKeyId: string;
  /** The instance whose role's key signed the request. */
  readonly instance?: string;
  /** The caller's AWS_SDK_UA_APP_ID (the SDKs' `userAgentAppId`). */
  readonly app?: string;
  /**
   * Parameters from the path, the query and the body; values that are not text are JSON. Long values are cut.
   * Bodies of S3 requests are not read.
   */
  readonly parameters: Readonly<Record<string, string>>;
  /** The headers that affect the action: conditions, ranges, and `x-amz-…`. */
  readonly headers: Readonly<Record<string, string>>;
  /** Absent until the request is answered, and for a request whose connection broke. */
  readonly status?: number;
}

/** A request as the front door sees it. */
export interface IncomingRequest {
  readonly service: Service['name'];
  readonly action: string;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
  readonly body: Uint8Array | undefined;
  /** The action's parameters that the path names. */
  readonly named: Readonly<Record<string, string>>;
}

/** This many requests take some hundred megabytes. A test that makes more must read and clear the log on the way. */
export const MAX_LOGGED_REQUESTS = 100_000;
/** This suffices for every name and address; a log of calls does not need messages and user data. */
const MAX_VALUE_LENGTH = 1_024;
/** Only lists of ids have more, and their first entries suffice. */
const MAX_PARAMETERS = 100;

/** Headers that sign a request or pack its body; they say nothing about its purpose. */
const TRANSPORT_HEADERS =
  /^x-amz-(algorithm|content-sha256|credential|date|decoded-content-length|expires|sdk-.*|security-token|signature|signedheaders|target|trailer|user-agent|checksum-.*)$/;

export class RequestLog {
  #requests: LoggedRequest[] = [];
  #number = 0;

  readonly #length: number;
  readonly #instanceOf: (accessKeyId: string) => string | undefined;

  constructor(length: number, instanceOf: (accessKeyId: string) => string | undefined) {
    this.#length = length;
    this.#instanceOf = instanceOf;
    if (Number.isSafeInteger(length) && length > 0 && length <= MAX_LOGGED_REQUESTS) return;
    throw new RangeError(`requestLog must be a whole number up to ${MAX_LOGGED_REQUESTS}, not ${length}.`);
  }

  /** Returns the requests, the oldest first. */
  list(): readonly LoggedRequest[] {
    return this.#requests.slice(-this.#length);
  }

  clear(): void {
    this.#requests = [];
  }

  add({ service, action, request, response, url, body, named }: IncomingRequest): void {
    const accessKeyId = accessKeyIdOf(request, url);
    const instance = this.#instanceOf(accessKeyId);
    const app = / app\/(\S+)/.exec(request.headers['user-agent'] ?? '')?.[1];
    const logged: { -readonly [Key in keyof LoggedRequest]: LoggedRequest[Key] } = {
      number: (this.#number += 1),
      at: new Date().toISOString(),
      service,
      action,
      accessKeyId,
      ...definedFields({ instance, app }),
      parameters: parametersOf(request.headers, url, body, named),
      headers: headersOf(request.headers),
    };
    response.once('finish', () => (logged.status = response.statusCode));
    this.#requests.push(logged);
    // The log is trimmed now and then, because dropping one request at a time would move all the others each time.
    if (this.#requests.length >= 2 * this.#length) this.#requests = this.#requests.slice(-this.#length);
  }
}

function parametersOf(
  headers: IncomingHttpHeaders,
  { searchParams }: URL,
  body: Uint8Array | undefined,
  named: Readonly<Record<string, string>>,
): LoggedRequest['parameters'] {
  const query = [...searchParams].filter(([name]) => !/^x-(amz-|id$)/i.test(name));
  return Object.fromEntries(
    [...Object.entries(named), ...query, ...fieldsOf(headers['content-type'], body)]
      .slice(0, MAX_PARAMETERS)
      .map(([name, value]) => [name, value.slice(0, MAX_VALUE_LENGTH)]),
  );
}

/** A body that cannot be parsed is refused by its service, which explains why. */
function fieldsOf(contentType = '', body: Uint8Array | undefined): readonly (readonly [string, string])[] {
  const text = Buffer.from(body ?? []).toString();
  if (contentType.startsWith('application/x-www-form-urlencoded')) return [...new URLSearchParams(text)];
  try {
    const fields = JSON.parse(text) as unknown;
    if (typeof fields !== 'object' || fields === null) return [];
    return Object.entries(fields).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]);
  } catch {
    return [];
  }
}

const headersOf = (headers: IncomingHttpHeaders): LoggedRequest['headers'] =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      typeof value === 'string' && /^(if-|range$|x-amz-)/.test(name) && !TRANSPORT_HEADERS.test(name)
        ? [[name, value.slice(0, MAX_VALUE_LENGTH)]]
        : [],
    ),
  );

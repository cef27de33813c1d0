/**
 * What was asked of the cloud, by whom, and how it was answered: the calls that somebody's code makes, for tests of its permissions and of its
 * habits. Off unless a length is given; the newest requests are kept.
 */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { definedFields } from '../defined-fields.js';
import { accessKeyIdOf } from './destination.js';
import type { Service } from './service.js';

export interface LoggedRequest {
  /** From 1, in the order in which they came. */
  readonly number: number;
  /** ISO 8601. */
  readonly at: string;
  readonly service: Service['name'];
  /** As AWS spells it. */
  readonly action: string;
  readonly accessKeyId: string;
  /** Whose role's key it was signed with. */
  readonly instance?: string;
  /** What AWS_SDK_UA_APP_ID said of the caller (the SDKs' `userAgentAppId`). */
  readonly app?: string;
  /** Of path, query and body; what is no text is JSON. Long values are cut. Bodies of S3 are not looked at. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Those that say what is to be done: conditions, ranges, and `x-amz-…`. */
  readonly headers: Readonly<Record<string, string>>;
  /** Absent until it is answered, and of a request whose connection broke. */
  readonly status?: number;
}

/** A request as the front door has it. */
export interface Entrant {
  readonly service: Service['name'];
  readonly action: string;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
  readonly body: Uint8Array | undefined;
  /** What the path says, as the action's own parameters. */
  readonly named: Readonly<Record<string, string>>;
}

/** Some hundred megabytes of them: a test that makes more looks, and clears, on the way. */
export const MOST_LOGGED_REQUESTS = 100_000;
/** Enough for every name and address; messages and user data are not what a log of calls is for. */
const MOST_VALUE_LENGTH = 1_024;
/** A list of ids has the most, and its first say what it is. */
const MOST_PARAMETERS = 100;

/** How a request is signed, and how its body is packed: nothing of what it is for. */
const OF_THE_WIRE =
  /^x-amz-(algorithm|content-sha256|credential|date|decoded-content-length|expires|sdk-.*|security-token|signature|signedheaders|target|trailer|user-agent|checksum-.*)$/;

export class RequestLog {
  #requests: LoggedRequest[] = [];
  #number = 0;

  readonly #length: number;
  readonly #instanceOf: (accessKeyId: string) => string | undefined;

  constructor(length: number, instanceOf: (accessKeyId: string) => string | undefined) {
    this.#length = length;
    this.#instanceOf = instanceOf;
    if (Number.isSafeInteger(length) && length > 0 && length <= MOST_LOGGED_REQUESTS) return;
    throw new RangeError(`requestLog is a whole number up to ${MOST_LOGGED_REQUESTS}, not ${length}.`);
  }

  /** The oldest first. */
  list(): readonly LoggedRequest[] {
    return this.#requests.slice(-this.#length);
  }

  clear(): void {
    this.#requests = [];
  }

  add({ service, action, request, response, url, body, named }: Entrant): void {
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
    // Now and then, and not one by one: that would move all of them each time.
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
      .slice(0, MOST_PARAMETERS)
      .map(([name, value]) => [name, value.slice(0, MOST_VALUE_LENGTH)]),
  );
}

/** A body that cannot be read is refused by its service, which says why. */
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
      typeof value === 'string' && /^(if-|range$|x-amz-)/.test(name) && !OF_THE_WIRE.test(name)
        ? [[name, value.slice(0, MOST_VALUE_LENGTH)]]
        : [],
    ),
  );

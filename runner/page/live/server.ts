/**
 * Serves the live page on this machine.
 *
 * Invariants:
 * - It listens on 127.0.0.1 alone, and answers only under a path that begins with a secret token. Everything else is one and the same refusal.
 * - A request must name this machine in its Host header, so that no other site can reach the page under a name of its own; an Origin must be this server's.
 * - It only reads: there are no other methods than GET. Clients and their streams are bounded.
 */
import { timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isJobId } from '../../../core/contract/job-id.js';
import type { Clock } from '../../ports.js';
import { type PageAssets, pageHtml, policyOf } from '../html.js';
import { EVENTS_PATH, JOBS_PATH, type PageData } from '../page-data.js';
import { farewell, Feed } from './feed.js';

/** One person has a few tabs open, and a colleague looks through a tunnel. */
const MOST_VIEWERS = 16;
/** Each tab has a stream, and asks for its page beside it. */
const MOST_CONNECTIONS = 64;
/** A list of jobs leads to one page a job. */
const MOST_FEEDS = 100;
const HEADERS_WITHIN_MS = 10_000;
/** The farewell of a stream is a few bytes. */
const CLOSE_WITHIN_MS = 1_000;

const TOO_MANY_VIEWERS = `Pages of this command are open in ${MOST_VIEWERS} other places, so this one gets no data. Close another one, and load this one again.`;

const LOOPBACK_NAMES = new Set(['127.0.0.1', 'localhost', '[::1]']);

export interface LiveSource {
  /** The data of a page before anything was read. */
  readonly empty: PageData;
  readonly title: string;
  read(signal: AbortSignal): Promise<PageData>;
}

export interface LiveServerOptions {
  readonly root: LiveSource;
  /** The page of one job, below a page that lists jobs. */
  readonly jobPage?: (job: string) => LiveSource;
  readonly assets: PageAssets;
  readonly clock: Clock;
  /** It is so long and random that nobody can guess it. */
  readonly token: string;
}

export interface LiveServer {
  readonly address: string;
  /** `why` is a sentence for those who still look. */
  close(why: string): Promise<void>;
}

interface Page {
  readonly source: LiveSource;
  readonly feed: Feed;
}

/** The state of a server. */
interface Served {
  readonly options: LiveServerOptions;
  /** By their path below the token. */
  readonly pages: Map<string, Page>;
  /** The number of open streams. */
  viewers: number;
}

export async function serveLivePage(options: LiveServerOptions): Promise<LiveServer> {
  const served: Served = { options, pages: new Map(), viewers: 0 };
  const server = createServer((request, response) => answer(request, response, served));
  server.maxConnections = MOST_CONNECTIONS;
  server.headersTimeout = HEADERS_WITHIN_MS;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  let closing: Promise<void> | undefined;
  return {
    address: `http://127.0.0.1:${port}/${options.token}/`,
    close: (why) => (closing ??= close(server, served, why)),
  };
}

async function close(server: Server, { options, pages }: Served, why: string): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  await Promise.all([...pages.values()].map(({ feed }) => feed.close(why)));
  server.closeIdleConnections();
  const over = new AbortController();
  // A browser that does not take the end of its stream must not hold the command.
  void options.clock.sleep(CLOSE_WITHIN_MS, over.signal).then(
    () => server.closeAllConnections(),
    () => undefined,
  );
  await closed;
  over.abort();
}

function answer(request: IncomingMessage, response: ServerResponse, served: Served): void {
  const path = allowedPath(request, served.options.token);
  if (path === undefined)
    return refuse(response, 404, 'There is no such page. The command has printed the whole address.');
  if (request.method !== 'GET') return refuse(response, 405, 'This page can only be read.');
  const wantsEvents = path.endsWith(EVENTS_PATH);
  const name = wantsEvents ? path.slice(0, -EVENTS_PATH.length) : path;
  const page = pageOf(name, served);
  if (page === undefined) return refuse(response, 404, 'There is no such page below this address.');
  if (wantsEvents) return stream(response, page, served);
  sendPage(response, page, served.options.assets);
}

/** Returns the path behind the token, or undefined for a request that may not see anything. */
function allowedPath({ headers, url = '' }: IncomingMessage, token: string): string | undefined {
  const { host = '', origin } = headers;
  if (!LOOPBACK_NAMES.has(host.replace(/:\d+$/, ''))) return undefined;
  if (origin !== undefined && origin !== `http://${host}`) return undefined;
  const [, given = '', path] = /^\/([^/?]+)\/([^?]*)$/.exec(url) ?? [];
  return path !== undefined && isSame(given, token) ? path : undefined;
}

function isSame(given: string, token: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(token)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function pageOf(name: string, { options, pages }: Served): Page | undefined {
  const { root, jobPage, clock } = options;
  const known = pages.get(name);
  if (known !== undefined) return known;
  const [, job = ''] = new RegExp(`^${JOBS_PATH}/([^/]+)/$`).exec(name) ?? [];
  const source = name === '' ? root : isJobId(job) ? jobPage?.(job) : undefined;
  if (source === undefined) return undefined;
  if (pages.size >= MOST_FEEDS) forgetUnwatched(pages);
  const page = { source, feed: new Feed((signal) => source.read(signal), clock) };
  pages.set(name, page);
  return page;
}

/** There are fewer viewers than pages, so there always is a page that nobody looks at. It is read anew when somebody does. */
function forgetUnwatched(pages: Map<string, Page>): void {
  for (const [name, { feed }] of pages) {
    if (feed.hasViewers) continue;
    pages.delete(name);
    return;
  }
}

const HEADERS = {
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
} as const;

function sendPage(response: ServerResponse, { source, feed }: Page, assets: PageAssets): void {
  response.writeHead(200, {
    ...HEADERS,
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': `${policyOf(assets, { live: true })}; frame-ancestors 'none'`,
  });
  response.end(pageHtml(feed.latest ?? source.empty, source.title, assets));
}

function stream(response: ServerResponse, { feed }: Page, served: Served): void {
  response.writeHead(200, { ...HEADERS, 'content-type': 'text/event-stream' });
  if (served.viewers >= MOST_VIEWERS) {
    // A browser tells nobody what a refused stream has answered.
    response.end(farewell(TOO_MANY_VIEWERS));
    return;
  }
  served.viewers += 1;
  response.once('close', () => (served.viewers -= 1));
  response.flushHeaders();
  feed.add(response);
}

function refuse(response: ServerResponse, status: number, sentence: string): void {
  response.writeHead(status, { ...HEADERS, 'content-type': 'text/plain; charset=utf-8' });
  response.end(`${sentence}\n`);
}

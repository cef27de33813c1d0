/**
 * A server without any work of its own, in a process of its own: the time of a request is the client's time. It
 * discards puts, serves bytes from memory (as many as the first characters of the key say), and returns the pages
 * of a listing as another server wrote them. Arguments: its port, and the file of pages (an object: continuation
 * token → page; the first page has the token '').
 */
import { readFileSync } from 'node:fs';
import http from 'node:http';
import { LARGE_BYTES, SMALL_BYTES } from './bucket-work.js';

const [port, pagesFile = ''] = process.argv.slice(2);
const large = Buffer.alloc(LARGE_BYTES, 'x');
const small = large.subarray(0, SMALL_BYTES);
let pages: Readonly<Record<string, string>> | undefined;

const server = http.createServer((request, response) => {
  const url = new URL(request.url ?? '/', 'http://127.0.0.1');
  if (request.method !== 'GET') {
    request.resume().once('end', () => response.writeHead(200, { etag: '"0"', 'content-length': 0 }).end());
  } else if (url.searchParams.get('list-type') === '2') {
    pages ??= JSON.parse(readFileSync(pagesFile, 'utf8')) as Readonly<Record<string, string>>;
    const page = pages[url.searchParams.get('continuation-token') ?? ''];
    response.writeHead(page === undefined ? 404 : 200, { 'content-type': 'application/xml' }).end(page);
  } else {
    const body = url.pathname.includes('/large') ? large : small;
    response.writeHead(200, { etag: '"0"', 'content-length': body.length }).end(body);
  }
});
server.keepAliveTimeout = 60_000;
server.listen(Number(port), '127.0.0.1');

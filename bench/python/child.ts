/**
 * A web server for the downloads, in a process of its own: `child.mjs <setup as JSON>`. It prints its port. A reply
 * comes after a delay that is drawn for each request, and no more than so many requests are served at once: the others
 * wait in line. So the shortest possible time is known, however many connections a client opens.
 *
 * `GET /_most` gives the largest number of requests that were served at once since `DELETE /_most`.
 */
import http from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ServerSetup {
  readonly atOnce: number;
  readonly delayMs: readonly [least: number, most: number];
  readonly bytes: number;
}

const { atOnce, delayMs, bytes } = JSON.parse(process.argv[2] ?? '{}') as ServerSetup;
const body = Buffer.alloc(bytes, 'x');
const waiting: (() => void)[] = [];
let busy = 0;
let mostAtOnce = 0;

function serve(response: http.ServerResponse): void {
  busy += 1;
  mostAtOnce = Math.max(mostAtOnce, busy);
  const [least, most] = delayMs;
  setTimeout(
    () => {
      busy -= 1;
      waiting.shift()?.();
      response.writeHead(200, { 'content-length': bytes }).end(body);
    },
    least + Math.random() * (most - least),
  );
}

const server = http.createServer({ keepAliveTimeout: 0 }, (request, response) => {
  if (request.url === '/_most') {
    if (request.method === 'DELETE') mostAtOnce = 0;
    response.end(String(mostAtOnce));
    return;
  }
  if (busy < atOnce) serve(response);
  else waiting.push(() => serve(response));
});
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
});

import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ModelContext } from '../../core/contract/model-api.js';
import { predict } from '../../examples/download/model.js';

const waiting = new Set<() => void>();
const server = createServer((request, response) => {
  if (request.url === '/missing') {
    response.writeHead(404).end('no');
    return;
  }
  // Nobody is answered before three have asked: only fetches at the same time get through.
  waiting.add(() => response.setHeader('content-type', 'text/plain').end(`at ${request.url}`));
  if (waiting.size === 3) for (const answer of waiting) answer();
});
let base: string;
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

it('the download model fetches the items of a slice at once, and errs in the place of those that fail', async () => {
  const context: ModelContext = { signal: new AbortController().signal, job: '', directory: '', log: () => undefined };
  const items = [`${base}/a`, 'not a url', `${base}/b`, `${base}/missing`, 'http://127.0.0.1:1/', `${base}/c`];
  const [first, , , missing, refused, last] = await predict(items, context);
  const sha256 = createHash('sha256').update('at /a').digest('hex');
  expect(first).toEqual({ status: 200, contentType: 'text/plain', bytes: 5, sha256 });
  expect(last).toMatchObject({ status: 200 });
  expect(missing).toMatchObject({ code: 'HttpStatus', message: `${base}/missing answered 404` });
  expect(refused).toMatchObject({ code: 'FetchFailed' });
});

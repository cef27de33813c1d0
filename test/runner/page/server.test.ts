import { once } from 'node:events';
import http from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type LiveServer, serveLivePage } from '../../../runner/page/live/server.js';
import type { PageData } from '../../../runner/page/page-data.js';
import { systemClock } from '../../../runner/wiring/clock.js';
import { runningRecord } from '../../support/job-records.js';

const TOKEN = 'a-token-that-nobody-guesses';
const assets = { script: 'void 0', style: 'p{}' };

interface Answer {
  readonly status: number | undefined;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

let server: LiveServer;
let agent: http.Agent;
beforeEach(async () => {
  agent = new http.Agent();
  const page = (job: string): PageData => ({ view: 'job', job, live: true, record: { ...runningRecord(), job } });
  server = await serveLivePage({
    root: {
      empty: { view: 'jobs', stack: 'herd' },
      title: 'Jobs of herd',
      read: async () => ({ view: 'jobs', stack: 'herd', jobs: [] }),
    },
    jobPage: (job) => ({ empty: { view: 'job', job, live: true }, title: job, read: async () => page(job) }),
    assets,
    clock: systemClock,
    token: TOKEN,
  });
});
afterEach(async () => {
  await server.close('over');
  agent.destroy();
});

function open(path: string, headers: Readonly<Record<string, string>> = {}, method = 'GET'): http.ClientRequest {
  const { port } = new URL(server.address);
  return http.request({ host: '127.0.0.1', port, path, method, headers, agent }).end();
}

async function get(...request: Parameters<typeof open>): Promise<Answer> {
  const [response] = (await once(open(...request), 'response')) as [http.IncomingMessage];
  let body = '';
  for await (const chunk of response) body += String(chunk);
  return { status: response.statusCode, headers: response.headers, body };
}

describe('the server of the live page', () => {
  it('serves the page to those who have the token', async () => {
    expect(server.address).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/a-token-that-nobody-guesses\/$/);
    const { status, headers, body } = await get(`/${TOKEN}/`);
    expect(status).toBe(200);
    expect(body).toContain('<title>Jobs of herd</title>');
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    });
    expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
    expect(headers['access-control-allow-origin']).toBeUndefined();
  });

  it('refuses all others in the same way: no token, another token, a foreign name of this machine, a foreign origin', async () => {
    const host = new URL(server.address).host;
    const refused = [
      await get('/'),
      await get('/events'),
      await get(`/${TOKEN.slice(1)}/`),
      await get(`/${TOKEN}x/events`),
      await get(`/${TOKEN}/`, { host: 'attacker.example' }),
      await get(`/${TOKEN}/`, { host: `attacker.example:${new URL(server.address).port}` }),
      await get(`/${TOKEN}/events`, { host, origin: 'https://attacker.example' }),
      await get(`/${TOKEN}/events`, { host, origin: 'null' }),
    ];
    expect(refused.map(({ status }) => status)).toEqual(refused.map(() => 404));
    expect(new Set(refused.map(({ body }) => body)).size).toBe(1);
    expect((await get(`/${TOKEN}/`, { host, origin: `http://${host}` })).status).toBe(200);
    expect((await get(`/${TOKEN}/`, { host: 'localhost:4321' })).status).toBe(200);
  });

  it('can only be read', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
      expect((await get(`/${TOKEN}/`, {}, method)).status).toBe(405);
    }
  });

  it('has a page for each job below the list, and none for what is no job', async () => {
    expect((await get(`/${TOKEN}/job/herg/`)).body).toContain('<title>herg</title>');
    for (const path of ['job/Not A Job/', 'job/../', 'job/herg', 'x/', 'job//']) {
      expect((await get(`/${TOKEN}/${encodeURI(path)}`)).status).toBe(404);
    }
  });

  it('streams the data of each page, and ends the streams with a farewell', async () => {
    const [response] = (await once(open(`/${TOKEN}/job/herg/events`), 'response')) as [http.IncomingMessage];
    expect(response.headers['content-type']).toBe('text/event-stream');
    const [first] = (await once(response, 'data')) as [Buffer];
    expect(first.toString()).toMatch(/^event: data\ndata: \{"view":"job","job":"herg",/);
    let rest = '';
    response.on('data', (chunk: Buffer) => (rest += chunk.toString()));
    const ended = once(response, 'end');
    await server.close('The command has ended.');
    await ended;
    expect(rest).toMatch(/\n\nevent: over\ndata: The command has ended\.\n\n$/);
  });

  it('serves the page of every job, however many were opened before', async () => {
    const stream = open(`/${TOKEN}/job/first/events`);
    const [watched] = (await once(stream, 'response')) as [http.IncomingMessage];
    for (let job = 0; job < 120; job++) expect((await get(`/${TOKEN}/job/job-${job}/`)).status).toBe(200);
    expect((await get(`/${TOKEN}/job/job-0/`)).body).toContain('<title>job-0</title>');
    let said = '';
    watched.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const ended = once(watched, 'end');
    await server.close('The command has ended.');
    await ended;
    expect(said).toContain('The command has ended.');
  });

  it('tells one who opens more streams than a few people do why there is no data', async () => {
    const streams = await Promise.all(
      Array.from({ length: 16 }, async () => {
        const [response] = (await once(open(`/${TOKEN}/events`), 'response')) as [http.IncomingMessage];
        return response;
      }),
    );
    expect(streams.map(({ statusCode }) => statusCode)).toEqual(streams.map(() => 200));
    const { status, body } = await get(`/${TOKEN}/events`);
    expect(status).toBe(200);
    expect(body).toMatch(/^event: over\ndata: Pages of this command are open in 16 other places, .*\n\n$/);
    for (const stream of streams) stream.resume();
  });
});

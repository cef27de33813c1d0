import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Imds } from '../../aws/instance-metadata.js';

const { signal } = new AbortController();
let server: http.Server;
let endpoint: string;
let tokens: number;
let valid: string;
let values: Record<string, string>;

/** IMDSv2 as on AWS: it gives a token by PUT, answers 401 without one, and 404 for a missing path. */
beforeEach(async () => {
  tokens = 0;
  valid = '';
  values = {};
  server = http.createServer((request, response) => {
    if (request.method === 'PUT' && request.url === '/latest/api/token') {
      tokens += 1;
      valid = `token-${tokens}`;
      response.end(valid);
      return;
    }
    if (request.headers['x-aws-ec2-metadata-token'] !== valid) {
      response.writeHead(401).end();
      return;
    }
    const value = values[(request.url ?? '').replace('/latest/meta-data/', '')];
    response.writeHead(value === undefined ? 404 : 200).end(value);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

it('reads the identity of the instance', async () => {
  values = {
    'instance-id': 'i-1',
    'instance-type': 'c7g.large',
    'placement/availability-zone': 'eu-west-1b',
    'placement/region': 'eu-west-1',
  };
  expect(await new Imds(endpoint).identity(signal)).toEqual({
    instance: 'i-1',
    instanceType: 'c7g.large',
    zone: 'eu-west-1b',
    region: 'eu-west-1',
  });
});

it('reads 404 as no notice, and uses one token for many calls', async () => {
  const imds = new Imds(endpoint);
  expect(await imds.notices(signal)).toEqual([]);
  const first = tokens;
  expect(await imds.notices(signal)).toEqual([]);
  expect(tokens).toBe(first);
});

it('reads both kinds of notice with their times', async () => {
  values = {
    'spot/instance-action': '{"action":"terminate","time":"2026-01-01T00:02:00Z"}',
    'events/recommendations/rebalance': '{"noticeTime":"2026-01-01T00:00:00Z"}',
  };
  expect(await new Imds(endpoint).notices(signal)).toEqual([
    { kind: 'interruption', takesAtMs: Date.parse('2026-01-01T00:02:00Z') },
    { kind: 'rebalance', noticedAtMs: Date.parse('2026-01-01T00:00:00Z') },
  ]);
});

it('gets a new token when the old one is refused', async () => {
  const imds = new Imds(endpoint);
  await imds.notices(signal);
  valid = 'revoked';
  expect(await imds.notices(signal)).toEqual([]);
  expect(valid).toMatch(/^token-/);
});

it('gets a new token shortly before the old one expires', async () => {
  let nowMs = 0;
  const imds = new Imds(endpoint, () => nowMs);
  await imds.notices(signal);
  const first = tokens;
  nowMs = 6 * 3_600_000 - 59_000;
  await imds.notices(signal);
  expect(tokens).toBeGreaterThan(first);
});

it('names the endpoint that does not answer', async () => {
  await expect(new Imds('http://127.0.0.1:9').notices(signal)).rejects.toThrow(/127\.0\.0\.1:9 does not answer/);
});

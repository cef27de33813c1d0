import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { NotifyAddress } from '../../../core/notify/address.js';
import { requestOf } from '../../../runner/notify/request.js';
import { FACTS } from './facts.js';

const NOW = Date.parse('2026-01-01T00:00:07.900Z');
const address: NotifyAddress = { url: 'https://example.org/x', form: 'json', shown: 'example.org' };

describe('the request that notifies', () => {
  it('has the whole notification, and names it in the headers of Standard Webhooks', () => {
    const { url, headers, body } = requestOf(address, FACTS, NOW);
    expect(url).toBe(address.url);
    expect(JSON.parse(body)).toEqual({ ...FACTS, sentAt: '2026-01-01T00:00:07.900Z' });
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'webhook-id': 'herg-1-0123456789ab',
      'webhook-timestamp': '1767225607',
    });
    expect(headers).not.toHaveProperty('webhook-signature');
  });

  it('is signed when there is a key, over the id, the time and the body', () => {
    const key = new Uint8Array(24).fill(7);
    const { headers, body } = requestOf({ ...address, key }, FACTS, NOW);
    const expected = createHmac('sha256', key).update(`herg-1-0123456789ab.1767225607.${body}`).digest('base64');
    expect(headers['webhook-signature']).toBe(`v1,${expected}`);
  });

  it('keeps its id from one try to the next', () => {
    const ids = [NOW, NOW + 60_000].map((nowMs) => requestOf(address, FACTS, nowMs).headers['webhook-id']);
    expect(new Set(ids).size).toBe(1);
  });

  it('is a text alone for Slack, in which no name can address a channel or make a link', () => {
    const key = new Uint8Array(24);
    const text = '✓ Job <!channel> & <https://example.org|you>';
    const { headers, body } = requestOf({ ...address, form: 'slack', key }, { ...FACTS, text }, NOW);
    expect(JSON.parse(body)).toEqual({ text: '✓ Job &lt;!channel&gt; &amp; &lt;https://example.org|you&gt;' });
    expect(Object.keys(headers).filter((name) => name.startsWith('webhook-'))).toEqual([]);
  });
});

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeWebPoster } from '../../../runner/wiring/web-poster.js';
import { Receiver, SECRET_PATH } from '../../support/receiver.js';

describe('a post to an address', () => {
  let receiver: Receiver;
  beforeEach(async () => {
    receiver = await Receiver.start();
  });
  afterEach(() => receiver.close());

  const never = new AbortController().signal;
  const post = (url = receiver.url, signal = never, withinMs?: number) =>
    makeWebPoster(withinMs).post({ url, headers: { 'content-type': 'application/json' }, body: '{"a":1}' }, signal);

  it('sends the body and the headers, and returns the status', async () => {
    receiver.script.push(202);
    expect(await post()).toEqual({ kind: 'answered', status: 202 });
    expect(receiver.received).toMatchObject([
      { method: 'POST', path: `/${SECRET_PATH}`, body: '{"a":1}', headers: { 'content-type': 'application/json' } },
    ]);
  });

  it('follows no redirect', async () => {
    receiver.script.push({ status: 307, headers: { location: `${receiver.url}/elsewhere` } });
    expect(await post()).toEqual({ kind: 'answered', status: 307 });
    expect(receiver.received).toHaveLength(1);
  });

  it.each([
    ['7', 7_000],
    ['999999999', 86_400_000],
    ['soon', undefined],
    ['Wed, 21 Oct 2026 07:28:00 GMT', undefined],
  ])('understands that the receiver asks for a pause of %s', async (header, retryAfterMs) => {
    receiver.script.push({ status: 429, headers: { 'retry-after': header } });
    const asked = retryAfterMs === undefined ? {} : { retryAfterMs };
    expect(await post()).toEqual({ kind: 'answered', status: 429, ...asked });
  });

  it('says that nothing listens, that the connection was closed, and that no answer came', async () => {
    receiver.script.push('close', 'hang');
    const closed = await post();
    const late = await post(receiver.url, never, 20);
    const unused = receiver.url;
    await receiver.close();
    const refused = await post(unused);
    expect([closed, late, refused]).toEqual([
      { kind: 'silent', why: 'it closed the connection' },
      { kind: 'silent', why: 'it did not answer within 0.02 s' },
      { kind: 'silent', why: 'nothing listens at its port' },
    ]);
    receiver = await Receiver.start();
  });

  it('says nothing of the address, whatever fails', async () => {
    // fetch refuses this port, and says so in a message of its own.
    const answer = await post('http://127.0.0.1:1/t0k3n');
    expect(answer).toEqual({ kind: 'silent', why: 'the request failed' });
  });

  it('ends at once when the command is stopped', async () => {
    receiver.script.push('hang');
    const stop = new AbortController();
    receiver.onReceived = () => stop.abort(new Error('stopped'));
    await expect(post(receiver.url, stop.signal)).rejects.toThrow('stopped');
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { NotifyAddress } from '../../../core/notify/address.js';
import { type Answer, MOST_COMMAND_TRIES } from '../../../core/notify/delivery.js';
import { deliver } from '../../../runner/notify/deliver.js';
import type { PostRequest } from '../../../runner/ports.js';
import { FACTS } from './facts.js';

const address: NotifyAddress = { url: 'https://example.org/x', form: 'json', shown: 'example.org' };
const never = new AbortController().signal;

/** A receiver whose answers are scripted, and a clock that only pauses move. */
function world(script: readonly Answer[]) {
  const answers = [...script];
  const sent: PostRequest[] = [];
  const pauses: number[] = [];
  return {
    sent,
    pauses,
    ports: {
      poster: {
        post: async (request: PostRequest): Promise<Answer> => {
          sent.push(request);
          return answers.shift() ?? { kind: 'answered', status: 500 };
        },
      },
      clock: {
        nowMs: () => pauses.reduce((sum, ms) => sum + ms, 0),
        sleep: async (ms: number, signal: AbortSignal) => {
          signal.throwIfAborted();
          pauses.push(ms);
        },
      },
      random: () => 0,
    },
  };
}

const answered = (status: number): Answer => ({ kind: 'answered', status });

describe('a delivery', () => {
  it('is tried again, with growing pauses, until it is accepted', async () => {
    const { sent, pauses, ports } = world([answered(503), { kind: 'silent', why: 'it closed it' }, answered(200)]);
    expect(await deliver(FACTS, address, ports, never)).toEqual({ verdict: { kind: 'accepted' }, tries: 3 });
    expect(pauses).toEqual([1_000, 2_000]);
    expect(sent).toHaveLength(3);
    expect(new Set(sent.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(sent.map(({ headers }) => headers['webhook-timestamp'])).toEqual(['0', '1', '3']);
  });

  it('is given up after a bounded number of tries', async () => {
    const { sent, ports } = world([]);
    const why = 'it answered 500';
    expect(await deliver(FACTS, address, ports, never)).toEqual({ verdict: { kind: 'retry', why }, tries: 5 });
    expect(sent).toHaveLength(MOST_COMMAND_TRIES);
  });

  it('ends in its pause when the command is stopped', async () => {
    const { ports, sent } = world([]);
    const stop = new AbortController();
    const poster = {
      post: async (request: PostRequest): Promise<Answer> => {
        stop.abort(new Error('stopped'));
        return ports.poster.post(request);
      },
    };
    await expect(deliver(FACTS, address, { ...ports, poster }, stop.signal)).rejects.toThrow('stopped');
    expect(sent).toHaveLength(1);
  });

  it('is accepted at most once, unless the receiver accepted it and its answer was lost', async () => {
    const reply = fc.record({
      status: fc.constantFrom(200, 204, 302, 400, 404, 408, 429, 500, 503),
      lost: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(reply, { maxLength: 8 }), async (replies) => {
        const script = replies.map(({ status, lost }) =>
          lost ? { kind: 'silent' as const, why: '' } : answered(status),
        );
        const { sent, ports } = world(script);
        const { verdict, tries } = await deliver(FACTS, address, ports, never);
        const seen = replies.slice(0, sent.length);
        const accepted = seen.filter(({ status }) => status < 300);
        const lost = accepted.filter((each) => each.lost);
        expect(accepted.length - lost.length).toBe(verdict.kind === 'accepted' ? 1 : 0);
        expect(sent.length).toBe(tries);
        expect(tries).toBeLessThanOrEqual(MOST_COMMAND_TRIES);
      }),
    );
  });
});

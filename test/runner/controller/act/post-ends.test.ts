import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { decodeEnds, encodeEnds, NO_ENDS, withResume } from '../../../../core/contract/ends.js';
import { endsKey, notifiedKey } from '../../../../core/contract/keys.js';
import { type Answer, MOST_STACK_TRIES } from '../../../../core/notify/delivery.js';
import { type DuePosts, notifyOfEnds } from '../../../../runner/controller/act/notify.js';
import { postEnds } from '../../../../runner/controller/act/post-ends.js';
import { newControllerMemory } from '../../../../runner/controller/memory.js';
import { readEndFacts } from '../../../../runner/notify/end-facts.js';
import type { Notice, PostRequest } from '../../../../runner/ports.js';
import { never, Stage } from '../stage.js';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const accepted: Answer = { kind: 'answered', status: 200 };

/** A container of the controller function: it keeps its memory from one invocation to the next. */
class Container {
  readonly memory = newControllerMemory();
  readonly told = new Set<string>();
  readonly due: DuePosts = new Map();
  readonly mails: string[] = [];
  mailFault: Error | undefined;

  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  async invoke(signal = never): Promise<readonly string[]> {
    const { stage, post } = this.#world;
    await stage.pass({ memory: this.memory });
    const common = { store: stage.store, nowMs: () => stage.nowMs, signal };
    const notify = async ({ subject }: Notice): Promise<void> => {
      if (this.mailFault !== undefined) throw this.mailFault;
      this.mails.push(subject);
    };
    try {
      await notifyOfEnds(this.memory, this.told, { ...common, stack: 'lab', notifier: { notify }, duePosts: this.due });
    } catch (error) {
      if (error !== this.mailFault) throw error;
    }
    const events = await postEnds(this.due, {
      ...common,
      poster: { post },
      readAddress: async () => {
        if (this.#world.secretFault !== undefined) throw new Error(this.#world.secretFault);
        return { url: 'https://example.org/t0k3n', form: 'json', shown: 'example.org' };
      },
      readFacts: (job, end, stop) =>
        readEndFacts(
          { store: stage.store, prices: { spotDollarsPerHour: async () => 0.03 } },
          { job, end, stack: 'lab', nextOf: () => undefined },
          { nowMs: stage.nowMs, signal: stop },
        ),
    });
    return events.map(({ code }) => code);
  }
}

class World {
  readonly stage = new Stage();
  readonly script: Answer[] = [];
  readonly sent: PostRequest[] = [];
  secretFault: string | undefined;
  /** Called when the receiver has got a request, before its answer. */
  onSent: () => void | Promise<void> = () => undefined;

  readonly post = async (request: PostRequest, signal: AbortSignal): Promise<Answer> => {
    this.sent.push(request);
    await this.onSent();
    signal.throwIfAborted();
    return this.script.shift() ?? accepted;
  };

  get ids(): readonly (string | undefined)[] {
    return this.sent.map(({ headers }) => headers['webhook-id']);
  }
}

let world: World;
let stage: Stage;
beforeEach(async () => {
  world = new World();
  stage = world.stage;
  await stage.addJob('one', 1);
});

async function resume(job: string): Promise<void> {
  const ended = decodeEnds(stage.store.text(endsKey(job)) ?? '') ?? NO_ENDS;
  const before = { batches: { done: 0, failed: 0 }, items: { ok: 0, failed: 0 } };
  const resumed = withResume(ended, { at: new Date(stage.nowMs).toISOString(), by: 'me', options: {}, before });
  await stage.write(endsKey(job), encodeEnds(resumed));
}

describe("posts to the stack's address", () => {
  it('are made once for an end, however many controllers there are, beside one mail', async () => {
    await stage.commit('one', 0, 2);
    const containers = [new Container(world), new Container(world), new Container(world)];
    await Promise.all(containers.map((container) => container.invoke()));
    stage.nowMs += DAY_MS;
    for (const container of containers) await container.invoke();
    await new Container(world).invoke();
    expect(world.sent).toHaveLength(1);
    expect(containers.flatMap(({ mails }) => mails)).toHaveLength(1);
    expect(JSON.parse(world.sent[0]?.body ?? '')).toMatchObject({
      stack: 'lab',
      job: 'one',
      state: 'complete',
      end: 1,
      items: { total: 10, ok: 8, failed: 2 },
    });
  });

  it('are made again for the end after a resume, with another number', async () => {
    const container = new Container(world);
    for (const instance of ['i-1', 'i-2', 'i-3']) {
      await stage.unable('one', { instance, phase: 'load', message: 'No module named torch', at: '' });
    }
    await container.invoke();
    await resume('one');
    await stage.commit('one', 0);
    await container.invoke();
    expect(world.sent.map(({ body }) => JSON.parse(body) as { end: number; state: string })).toMatchObject([
      { end: 1, state: 'failed' },
      { end: 3, state: 'complete' },
    ]);
    expect(new Set(world.ids).size).toBe(2);
  });

  it('are not made of ends that people were told of before the stack had an address', async () => {
    await stage.commit('one', 0);
    const before = new Container(world);
    await stage.pass({ memory: before.memory });
    await notifyOfEnds(before.memory, before.told, {
      store: stage.store,
      stack: 'lab',
      notifier: { notify: async () => undefined },
      nowMs: () => stage.nowMs,
      signal: never,
    });
    await new Container(world).invoke();
    expect(world.sent).toEqual([]);
  });

  it('are tried again by a later pass, also of another controller, under the same id', async () => {
    await stage.commit('one', 0);
    world.script.push({ kind: 'answered', status: 503 }, { kind: 'silent', why: 'it closed the connection' });
    expect(await new Container(world).invoke()).toEqual(['end-not-posted']);
    const second = new Container(world);
    expect(await second.invoke()).toEqual([]);
    stage.nowMs += MINUTE_MS;
    expect(await second.invoke()).toEqual(['end-not-posted']);
    stage.nowMs += 5 * MINUTE_MS;
    expect(await new Container(world).invoke()).toEqual(['end-posted']);
    expect(world.ids).toHaveLength(3);
    expect(new Set(world.ids).size).toBe(1);
  });

  it('are given up at once when the receiver refuses', async () => {
    await stage.commit('one', 0);
    world.script.push({ kind: 'answered', status: 404 });
    const container = new Container(world);
    expect(await container.invoke()).toEqual(['post-given-up']);
    stage.nowMs += DAY_MS;
    expect(await container.invoke()).toEqual([]);
    expect(world.sent).toHaveLength(1);
  });

  it('wait while the secret cannot be read, and nothing of the address is in an event or an object', async () => {
    await stage.commit('one', 0);
    world.secretFault = 'the secret arn:… could not be read';
    const container = new Container(world);
    expect(await container.invoke()).toEqual(['end-not-posted']);
    expect(world.sent).toEqual([]);
    world.secretFault = undefined;
    stage.nowMs += MINUTE_MS;
    expect(await container.invoke()).toEqual(['end-posted']);
    const objects = [...stage.store.objects.values()].map(({ body }) => body.toString());
    expect(objects.join('\n')).not.toContain('t0k3n');
  });

  it('do not wait for the mail, which is sent later, and are not made again then', async () => {
    await stage.commit('one', 0);
    const container = new Container(world);
    container.mailFault = new Error('no topic');
    expect(await container.invoke()).toEqual(['end-posted']);
    container.mailFault = undefined;
    stage.nowMs += 5 * MINUTE_MS;
    expect(await container.invoke()).toEqual([]);
    expect(await new Container(world).invoke()).toEqual([]);
    expect([world.sent.length, container.mails.length]).toEqual([1, 1]);
  });

  it('keep their outcome when the mail is sent during a try', async () => {
    await stage.commit('one', 0);
    const [posting, mailing] = [new Container(world), new Container(world)];
    posting.mailFault = new Error('no topic');
    world.onSent = async () => {
      stage.nowMs += 5 * MINUTE_MS;
      world.onSent = () => undefined;
      await mailing.invoke();
    };
    // The try takes so long that the other controller sends the mail and tries, too. Its answer is lost.
    world.script.push({ kind: 'silent', why: 'it did not answer within 15 s' });
    await posting.invoke();
    stage.nowMs += DAY_MS;
    await new Container(world).invoke();
    expect(mailing.mails).toHaveLength(1);
    expect(stage.json(notifiedKey('one'))).toMatchObject({ told: true, post: { over: 'accepted' } });
  });

  it('are bounded, also when every controller dies in its try', async () => {
    await stage.commit('one', 0);
    for (let look = 0; look < 30; look++) {
      const stop = new AbortController();
      world.onSent = () => stop.abort(new Error('killed'));
      world.script.push({ kind: 'silent', why: '' });
      await new Container(world).invoke(stop.signal).catch(() => undefined);
      stage.nowMs += DAY_MS;
    }
    expect(world.sent).toHaveLength(MOST_STACK_TRIES);
    expect(stage.json(notifiedKey('one'))).toMatchObject({ post: { tries: MOST_STACK_TRIES, over: 'given-up' } });
  });

  it('of one job do not wait for those of a job whose claim cannot be read', async () => {
    await stage.addJob('two', 1);
    await stage.commit('one', 0);
    await stage.commit('two', 0);
    stage.store.beforeRead = (key) => {
      if (key === notifiedKey('one')) throw new Error('out of order');
    };
    const container = new Container(world);
    expect((await container.invoke()).toSorted()).toEqual(['end-not-posted', 'end-posted']);
    stage.store.beforeRead = () => undefined;
    expect(await container.invoke()).toEqual(['end-posted']);
  });

  it('are accepted at most once, unless an answer was lost, whatever controllers do', async () => {
    const fate = fc.constantFrom('answered', 'answered', 'lost', 'killed');
    const status = fc.constantFrom(200, 204, 302, 404, 408, 429, 500, 503);
    const look = fc.record({
      container: fc.integer({ min: 0, max: 2 }),
      waitMinutes: fc.integer({ min: 0, max: 400 }),
    });
    const receiver = fc.array(fc.record({ status, fate }), { minLength: 20, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(fc.array(look, { maxLength: 20 }), receiver, async (looks, replies) => {
        const { counts, ids } = await play(looks, replies);
        expect(counts.accepted - counts.unknown).toBeLessThanOrEqual(1);
        expect(counts.afterOver).toBe(0);
        expect(new Set(ids).size).toBeLessThanOrEqual(1);
      }),
      { numRuns: 60 },
    );
  });
});

interface Reply {
  readonly status: number;
  readonly fate: string;
}

async function play(
  looks: readonly { readonly container: number; readonly waitMinutes: number }[],
  replies: readonly Reply[],
) {
  const own = new World();
  await own.stage.addJob('one', 1);
  await own.stage.commit('one', 0);
  const containers = [new Container(own), new Container(own), new Container(own)];
  const left = [...replies];
  /** `unknown` counts accepted requests whose answer nobody got, `afterOver` requests after an answer that ends the tries. */
  const counts = { accepted: 0, unknown: 0, afterOver: 0 };
  let isOver = false;
  for (const { container, waitMinutes } of looks) {
    own.stage.nowMs += waitMinutes * MINUTE_MS;
    const stop = new AbortController();
    own.onSent = () => {
      if (isOver) counts.afterOver += 1;
      const { status, fate } = left.shift() ?? { status: 200, fate: 'answered' };
      const isAccepted = status < 300;
      if (isAccepted) counts.accepted += 1;
      if (isAccepted && fate !== 'answered') counts.unknown += 1;
      if (fate === 'killed') stop.abort(new Error('killed'));
      else own.script.push(fate === 'answered' ? { kind: 'answered', status } : { kind: 'silent', why: 'lost' });
      isOver ||= fate === 'answered' && status < 408;
    };
    await (containers[container] as Container).invoke(stop.signal).catch(() => undefined);
    // A killed container has no memory any more.
    if (stop.signal.aborted) containers[container] = new Container(own);
  }
  return { counts, ids: own.ids };
}

import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { Feed, type Viewer } from '../../../runner/page/live/feed.js';
import type { PageData } from '../../../runner/page/page-data.js';
import { eventually } from '../../support/eventually.js';

class FakeViewer extends EventEmitter implements Viewer {
  readonly got: string[] = [];
  ended = false;
  takes = true;

  write(text: string): boolean {
    this.got.push(text);
    return this.takes;
  }

  end(): void {
    this.ended = true;
    this.emit('close');
  }

  take(): void {
    this.takes = true;
    this.emit('drain');
  }
}

/** A clock whose sleepers are woken by the test. */
class HeldClock {
  sleepers: (() => void)[] = [];

  nowMs(): number {
    return 0;
  }

  sleep(_ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(new Error('aborted')), { once: true });
      this.sleepers.push(resolve);
    });
  }

  tick(): void {
    const woken = this.sleepers;
    this.sleepers = [];
    for (const wake of woken) wake();
  }
}

const data = (number: number): PageData => ({ view: 'jobs', stack: `look ${number}` });
const message = (number: number): string => `event: data\ndata: {"view":"jobs","stack":"look ${number}"}\n\n`;

interface World {
  readonly feed: Feed;
  readonly clock: HeldClock;
  looks: number;
}

function world(fails: (look: number) => boolean = () => false): World {
  const clock = new HeldClock();
  const made: World = {
    clock,
    looks: 0,
    feed: new Feed(async () => {
      made.looks += 1;
      if (fails(made.looks)) throw new Error('the bucket\nis away');
      return data(made.looks);
    }, clock),
  };
  return made;
}

describe('the stream of a live page', () => {
  it('reads nothing while nobody looks', async () => {
    const { feed } = world();
    await feed.close('over');
    expect(feed.latest).toBeUndefined();
  });

  it('reads once a tick, however many look, and gives the newest to who comes later', async () => {
    const made = world();
    const [first, second] = [new FakeViewer(), new FakeViewer()];
    made.feed.add(first);
    await eventually(() => made.clock.sleepers.length === 1);
    made.feed.add(second);
    expect(second.got).toEqual([message(1)]);
    made.clock.tick();
    await eventually(() => made.clock.sleepers.length === 1);
    expect(first.got).toEqual([message(1), message(2)]);
    expect(second.got).toEqual([message(1), message(2)]);
    expect(made.looks).toBe(2);
    first.emit('close');
    second.emit('close');
    made.clock.tick();
    await made.feed.close('over');
    expect(made.looks).toBe(2);
  });

  it('keeps only the newest message for a viewer who does not take it', async () => {
    const made = world();
    const slow = new FakeViewer();
    slow.takes = false;
    made.feed.add(slow);
    for (const look of [1, 2, 3]) {
      await eventually(() => made.looks === look && made.clock.sleepers.length === 1);
      if (look < 3) made.clock.tick();
    }
    expect(slow.got).toEqual([message(1)]);
    slow.take();
    expect(slow.got).toEqual([message(1), message(3)]);
    await made.feed.close('over');
  });

  it('says that a look failed, and looks again', async () => {
    const made = world((look) => look === 1);
    const viewer = new FakeViewer();
    made.feed.add(viewer);
    await eventually(() => made.clock.sleepers.length === 1);
    expect(viewer.got).toEqual(['event: trouble\ndata: The last look failed: the bucket is away\n\n']);
    made.clock.tick();
    await eventually(() => viewer.got.includes(message(2)));
    await made.feed.close('over');
  });

  it('gives the last state and a farewell when it closes', async () => {
    const made = world();
    const viewer = new FakeViewer();
    made.feed.add(viewer);
    await eventually(() => made.clock.sleepers.length === 1);
    await made.feed.close('The command has ended.');
    expect(viewer.got).toEqual([message(1), message(2), 'event: over\ndata: The command has ended.\n\n']);
    expect(viewer.ended).toBe(true);
  });
});

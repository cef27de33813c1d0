import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decideHosting, type HostAction, type HostedInstance } from '../../../emulator/host/decide.js';
import type { SeenInstance } from '../../../emulator/host/ports.js';
import { seen } from './seen.js';

const look = (
  shown: readonly SeenInstance[] | undefined,
  hosted: readonly HostedInstance[],
  options: { readonly nowMs?: number; readonly noticeMs?: number } = {},
): readonly HostAction[] =>
  decideHosting({ seen: shown, hosted, nowMs: 1_000, noticeMs: 0, maxInstances: 2, ...options });

describe('an instance', () => {
  it('is started while EC2 shows it as running, and not before or after', () => {
    const all = (['pending', 'running', 'shutting-down', 'terminated', 'stopping', 'stopped'] as const).map((state) =>
      seen(`i-${state}`, state),
    );
    expect(look(all, [])).toEqual([{ kind: 'start', seen: seen('i-running', 'running') }]);
  });

  it('that EC2 ended is ended here, after a notice if notices are on', () => {
    const up: HostedInstance = { instance: 'i-1', phase: 'up' };
    const gone = [seen('i-1', 'terminated')];
    expect(look(gone, [up])).toEqual([{ kind: 'end', instance: 'i-1', how: 'terminated' }]);
    expect(look(gone, [up], { noticeMs: 500 })).toEqual([{ kind: 'notice', instance: 'i-1', takenAtMs: 1_500 }]);
    const noticed: HostedInstance = { instance: 'i-1', phase: 'noticed', takenAtMs: 1_500 };
    expect(look(gone, [noticed], { nowMs: 1_499, noticeMs: 500 })).toEqual([]);
    expect(look(gone, [noticed], { nowMs: 1_500, noticeMs: 500 })).toEqual([
      { kind: 'end', instance: 'i-1', how: 'taken' },
    ]);
  });

  it('that EC2 no longer shows is treated as one that EC2 ended', () => {
    expect(look([], [{ instance: 'i-1', phase: 'up' }])).toEqual([{ kind: 'end', instance: 'i-1', how: 'terminated' }]);
  });

  it('stays as it is while EC2 does not answer, unless its notice is over', () => {
    const hosted: readonly HostedInstance[] = [
      { instance: 'i-1', phase: 'up' },
      { instance: 'i-2', phase: 'noticed', takenAtMs: 1_500 },
      { instance: 'i-3', phase: 'ended' },
    ];
    expect(look(undefined, hosted, { nowMs: 1_499, noticeMs: 500 })).toEqual([]);
    expect(look(undefined, hosted, { nowMs: 1_500, noticeMs: 500 })).toEqual([
      { kind: 'end', instance: 'i-2', how: 'taken' },
    ]);
  });

  it('whose worker ended is terminated until EC2 shows its end, and then forgotten', () => {
    const ended: HostedInstance = { instance: 'i-1', phase: 'ended' };
    for (const state of ['pending', 'running'] as const) {
      expect(look([seen('i-1', state)], [ended])).toEqual([{ kind: 'terminate', instance: 'i-1' }]);
    }
    expect(look([seen('i-1', 'shutting-down')], [ended])).toEqual([{ kind: 'forget', instance: 'i-1' }]);
    expect(look([], [ended])).toEqual([{ kind: 'forget', instance: 'i-1' }]);
  });
});

const MOST = 2;

/** EC2 and a machine, as far as the decision sees them. Every action is carried out at once. */
class World {
  nowMs = 0;
  readonly states = new Map<string, SeenInstance['state']>();
  readonly hosted = new Map<string, { phase: HostedInstance['phase']; takenAtMs?: number }>();
  readonly starts = new Map<string, number>();
  readonly workerEnded = new Set<string>();
  readonly noticedAtMs = new Map<string, number>();

  readonly #noticeMs: number;

  constructor(noticeMs: number) {
    this.#noticeMs = noticeMs;
  }

  look(): number {
    const actions = decideHosting({
      seen: [...this.states].map(([instance, state]) => seen(instance, state)),
      hosted: [...this.hosted].map(([instance, entry]) => ({ instance, ...entry })),
      nowMs: this.nowMs,
      noticeMs: this.#noticeMs,
      maxInstances: MOST,
    });

    for (const action of actions) this.#carryOut(action);
    expect([...this.hosted.values()].filter(({ phase }) => phase !== 'ended').length).toBeLessThanOrEqual(MOST);
    return actions.length;
  }

  #carryOut(action: HostAction): void {
    const id = action.kind === 'start' ? action.seen.instance : action.instance;
    switch (action.kind) {
      case 'start':
        expect(this.states.get(id)).toBe('running');
        expect(this.hosted.has(id)).toBe(false);
        this.starts.set(id, (this.starts.get(id) ?? 0) + 1);
        this.hosted.set(id, { phase: 'up' });
        return;
      case 'notice':
        expect(this.noticedAtMs.has(id)).toBe(false);
        expect(this.workerEnded.has(id)).toBe(false);
        this.noticedAtMs.set(id, this.nowMs);
        this.hosted.set(id, { phase: 'noticed', takenAtMs: action.takenAtMs });
        return;
      case 'end':
        expect(this.workerEnded.has(id)).toBe(false);
        expect(this.states.get(id)).not.toBe('running');
        if (this.#noticeMs > 0) {
          expect(this.nowMs - (this.noticedAtMs.get(id) ?? Infinity)).toBeGreaterThanOrEqual(this.#noticeMs);
        }
        this.hosted.set(id, { phase: 'ended' });
        return;
      case 'terminate':
        expect(this.workerEnded.has(id)).toBe(true);
        this.states.set(id, 'shutting-down');
        return;
      case 'forget':
        this.hosted.delete(id);
    }
  }

  /** The worker ends by itself. */
  endWorker(id: string): void {
    const phase = this.hosted.get(id)?.phase;
    if (phase !== 'up' && phase !== 'noticed') return;
    this.workerEnded.add(id);
    this.hosted.set(id, { phase: 'ended' });
  }

  advance(id: string): void {
    const next = { pending: 'running', running: 'shutting-down', 'shutting-down': 'terminated' } as const;
    const state = this.states.get(id);
    if (state === undefined) this.states.set(id, 'pending');
    else if (state in next) this.states.set(id, next[state as keyof typeof next]);
    else this.states.delete(id); // EC2 no longer shows it.
  }
}

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('advance' as const), id: fc.constantFrom('i-1', 'i-2', 'i-3') }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('end' as const), id: fc.constantFrom('i-1', 'i-2', 'i-3') }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), id: fc.constantFrom('1', '50', '100') }) },
);

describe('whatever EC2 and the workers do', () => {
  it('an instance is started once, gets its notice before its end, and host and EC2 come to agree', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.constantFrom(0, 100), (steps, noticeMs) => {
        const world = new World(noticeMs);
        let launched = 0;
        const idOf = new Map<string, string>();
        for (const { do: what, id } of steps) {
          // EC2 never reuses an id.
          const known = idOf.get(id);
          if (what === 'wait') world.nowMs += Number(id);
          else if (what === 'end' && known !== undefined) world.endWorker(known);
          else if (what === 'advance') {
            if (known === undefined || !world.states.has(known)) idOf.set(id, `${id}-${(launched += 1)}`);
            world.advance(idOf.get(id) ?? '');
          }
          world.look();
        }
        // When nothing more happens, a few looks later nothing is left to do.
        for (let round = 0; round < 4; round += 1) {
          world.nowMs += noticeMs;
          world.look();
        }
        expect(world.look()).toBe(0);
        for (const times of world.starts.values()) expect(times).toBe(1);
        const running = [...world.states].filter(([, state]) => state === 'running').map(([id]) => id);
        const up = [...world.hosted].filter(([, { phase }]) => phase === 'up').map(([id]) => id);
        expect(running).toEqual(expect.arrayContaining(up));
        expect(up).toHaveLength(Math.min(running.length, MOST));
      }),
    );
  });
});

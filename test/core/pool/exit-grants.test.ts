import { describe, expect, it } from 'vitest';
import { nextFleetAction, type FleetObservation } from '../../../core/pool/exit-grants.js';
import type { FleetState } from '../../../core/contract/fleet-state.js';

const state = (change: Partial<FleetState>): FleetState => ({
  version: 1,
  generation: 7,
  target: 3,
  grants: 0,
  jobs: ['a'],
  at: '',
  ...change,
});

const settled: FleetObservation = {
  state: state({}),
  shownTarget: 3,
  modifying: false,
  live: new Set(['i-1', 'i-2', 'i-3']),
  departing: new Set(),
  tickets: [],
  desired: { target: 3, jobs: ['a'] },
  awaited: undefined,
};

describe('the next step of the fleet (R6)', () => {
  it('is none when all is as it should be', () => {
    expect(nextFleetAction(settled)).toEqual({ kind: 'none' });
  });

  it('closes open grants before anything changes', () => {
    const open = { ...settled, state: state({ grants: 2 }), desired: { target: 1, jobs: ['a'] } };
    expect(nextFleetAction(open)).toMatchObject({ kind: 'close', state: { generation: 8, target: 3, grants: 0 } });
  });

  it('then sets the target, and waits until it is shown', () => {
    const lower = { ...settled, desired: { target: 1, jobs: ['a'] } };
    expect(nextFleetAction(lower)).toMatchObject({ kind: 'set-target', target: 1, raise: false });
    expect(nextFleetAction({ ...lower, awaited: 1 }).kind).toBe('wait');
    expect(nextFleetAction({ ...lower, modifying: true }).kind).toBe('wait');
    expect(nextFleetAction({ ...lower, desired: { target: 5, jobs: [] } })).toMatchObject({ raise: true });
  });

  it('waits until a raise is shown before it lowers the target again', () => {
    const ended = {
      ...settled,
      state: undefined,
      shownTarget: 0,
      live: new Set<string>(),
      desired: { target: 0, jobs: [] },
    };
    expect(nextFleetAction(ended)).toEqual({ kind: 'none' });
    expect(nextFleetAction({ ...ended, awaited: 2 }).kind).toBe('wait');
    expect(nextFleetAction({ ...ended, awaited: 2, shownTarget: 2 })).toMatchObject({ kind: 'set-target', target: 0 });
  });

  it('raises at once above a lower target that is not shown yet', () => {
    const lowered = { ...settled, awaited: 1 };
    expect(nextFleetAction(lowered)).toMatchObject({ kind: 'set-target', target: 3, raise: true });
    expect(nextFleetAction({ ...lowered, shownTarget: 5 })).toMatchObject({
      kind: 'set-target',
      target: 3,
      raise: true,
    });
  });

  it('then grants exits for the live instances above the target, without those that leave already', () => {
    const shown: FleetObservation = {
      ...settled,
      shownTarget: 1,
      desired: { target: 1, jobs: ['a'] },
      live: new Set(['i-1', 'i-2', 'i-3', 'i-4', 'i-5']),
      departing: new Set(['i-2']),
      tickets: [
        { generation: 3, instance: 'i-2', void: false },
        { generation: 5, instance: 'i-3', void: false },
        { generation: 5, instance: 'i-4', void: true },
        { generation: 5, instance: 'i-gone', void: false },
      ],
    };
    expect(nextFleetAction(shown)).toMatchObject({ kind: 'publish', state: { generation: 8, target: 1, grants: 2 } });
  });

  it('takes back exits that a reclaim has made wrong', () => {
    const open = { ...settled, state: state({ grants: 1 }) };
    expect(nextFleetAction(open)).toMatchObject({ kind: 'close' });
  });

  it('publishes new jobs, and ignores jobs that ended', () => {
    expect(nextFleetAction({ ...settled, desired: { target: 3, jobs: ['a', 'b'] } }).kind).toBe('publish');
    expect(nextFleetAction({ ...settled, desired: { target: 3, jobs: [] } }).kind).toBe('none');
  });

  it('corrects a target that another program has set', () => {
    expect(nextFleetAction({ ...settled, shownTarget: 0 })).toMatchObject({
      kind: 'set-target',
      target: 3,
      raise: true,
    });
  });
});

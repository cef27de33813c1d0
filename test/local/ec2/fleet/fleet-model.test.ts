import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Ec2Error } from '../../../../local/ec2/errors.js';
import { isEnding } from '../../../../local/ec2/fleet/fleet.js';
import { FleetLab, NOTICE_MS, SETTLE_MS } from './fleet-lab.js';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const MOST = 6;
/** After this time every pending instance runs and every ending one is gone. */
const QUIET_MS = 20_000;

type Step =
  | { readonly kind: 'modify'; readonly target: number; readonly keepsSurplus: boolean }
  | { readonly kind: 'wait'; readonly ms: number }
  /** `place` selects one of the living instances. */
  | { readonly kind: 'ends-itself' | 'taken-at-once' | 'taken-with-notice'; readonly place: number }
  | { readonly kind: 'capacity'; readonly capacity: number };

const place = fc.nat({ max: MOST });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.nat({ max: 1_500 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('modify' as const),
      target: fc.nat({ max: MOST }),
      keepsSurplus: fc.boolean(),
    }),
  },
  fc.record({
    kind: fc.constantFrom('ends-itself' as const, 'taken-at-once' as const, 'taken-with-notice' as const),
    place,
  }),
  fc.record({ kind: fc.constant('capacity' as const), capacity: fc.nat({ max: MOST }) }),
);

const scenario = fc.record({
  seed: fc.nat({ max: 1_000 }),
  kind: fc.constantFrom('ec2' as const, 'spot' as const),
  target: fc.nat({ max: MOST }),
  keepsSurplus: fc.boolean(),
  steps: fc.array(step, { maxLength: 25 }),
});

/** The model: the settings that the fleet accepted last. */
interface Told {
  target: number;
  keepsSurplus: boolean;
}

function take(lab: FleetLab, fleet: ReturnType<FleetLab['create']>, todo: Step, told: Told): void {
  const victim = 'place' in todo ? lab.alive()[todo.place] : undefined;
  switch (todo.kind) {
    case 'wait':
      vi.advanceTimersByTime(todo.ms);
      return;
    case 'capacity':
      lab.market.setCapacity(todo.capacity);
      return;
    case 'modify':
      try {
        lab.fleets.modify(fleet, todo);
        Object.assign(told, { target: todo.target, keepsSurplus: todo.keepsSurplus });
      } catch (error) {
        // A change may be refused only while an earlier change or the creation is still in progress.
        if (!(error instanceof Ec2Error) || error.code !== 'FleetNotInModifiableState') throw error;
        expect(fleet.status).not.toBe('active');
      }
      return;
    case 'ends-itself':
      if (victim !== undefined) lab.end(victim.id, 'Client.InstanceInitiatedShutdown');
      return;
    case 'taken-at-once':
      if (victim !== undefined) lab.reclaim(victim.id, null);
      return;
    case 'taken-with-notice':
      if (victim !== undefined) lab.reclaim(victim.id, NOTICE_MS);
  }
}

test('a fleet never launches at or above its target, ends nothing while it keeps its surplus, and reaches its target', () => {
  fc.assert(
    fc.property(scenario, ({ seed, kind, target, keepsSurplus, steps }) => {
      const lab = new FleetLab(seed);
      try {
        const fleet = lab.create(kind, target, keepsSurplus);
        const told: Told = { target, keepsSurplus };
        let endedBefore = 0;
        for (const todo of steps) {
          const kept = fleet.keepsSurplus;
          take(lab, fleet, todo, told);
          // During a wait a change of the policy may take effect, so such steps are not checked.
          if (kept && fleet.keepsSurplus && todo.kind !== 'wait') expect(lab.endedByFleet).toHaveLength(endedBefore);
          endedBefore = lab.endedByFleet.length;
          expect(lab.fleets.fulfilling(fleet).length + fleet.openRequests.length).toBeLessThanOrEqual(
            Math.max(fleet.target, lab.fleets.fulfilling(fleet).length),
          );
        }
        for (const launch of lab.launches) expect(launch.fulfilledBefore).toBeLessThan(launch.target);
        lab.market.setCapacity(Infinity);
        vi.advanceTimersByTime(QUIET_MS);
        expect(fleet).toMatchObject({ status: 'active', ...told, openRequests: [] });
        const fulfilled = lab.fleets.fulfilling(fleet).length;
        expect(fulfilled).toBeGreaterThanOrEqual(told.target);
        if (!told.keepsSurplus) expect(fulfilled).toBe(told.target);
      } finally {
        lab.clock.close();
      }
    }),
  );
});

test('a fleet that always keeps its surplus never ends an instance', () => {
  fc.assert(
    fc.property(scenario, ({ seed, kind, target, steps }) => {
      const lab = new FleetLab(seed);
      try {
        const fleet = lab.create(kind, target, true);
        const told: Told = { target, keepsSurplus: true };
        for (const todo of steps)
          take(lab, fleet, todo.kind === 'modify' ? { ...todo, keepsSurplus: true } : todo, told);
        vi.advanceTimersByTime(QUIET_MS);
        expect(lab.endedByFleet).toEqual([]);
      } finally {
        lab.clock.close();
      }
    }),
  );
});

test('a deleted fleet launches nothing more, and ends with its last instance', () => {
  fc.assert(
    fc.property(scenario, fc.boolean(), ({ seed, kind, target, keepsSurplus, steps }, terminates) => {
      const lab = new FleetLab(seed);
      try {
        const fleet = lab.create(kind, target, keepsSurplus);
        for (const todo of steps) take(lab, fleet, todo, { target, keepsSurplus });
        const launches = lab.launches.length;
        const alive = lab.alive().filter((instance) => instance.takenAtMs === undefined).length;
        lab.fleets.delete(fleet, terminates);
        lab.market.setCapacity(Infinity);
        vi.advanceTimersByTime(QUIET_MS + SETTLE_MS);
        expect(lab.launches).toHaveLength(launches);
        expect(lab.alive()).toHaveLength(terminates ? 0 : alive);
        expect(isEnding(fleet)).toBe(true);
        for (const instance of lab.alive()) lab.end(instance.id, 'Client.InstanceInitiatedShutdown');
        vi.advanceTimersByTime(QUIET_MS);
        expect(fleet.status).toBe('ended');
        expect(lab.launches).toHaveLength(launches);
      } finally {
        lab.clock.close();
      }
    }),
  );
});

test('a cancelled request is never granted, even if capacity comes later', () => {
  const lab = new FleetLab(1);
  lab.market.setCapacity(0);
  const fleet = lab.create('ec2', 4, true);
  vi.advanceTimersByTime(QUIET_MS);
  expect(fleet.openRequests).toHaveLength(4);
  lab.fleets.modify(fleet, { target: 1, keepsSurplus: true });
  vi.advanceTimersByTime(QUIET_MS);
  lab.market.setCapacity(10);
  vi.advanceTimersByTime(QUIET_MS);
  expect(lab.launches).toHaveLength(1);
  lab.clock.close();
});

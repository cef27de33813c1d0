import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decideFleet, type FleetMember, type FleetSnapshot } from '../../../../local/ec2/fleet/decide.js';

const member = (id: string, dollarsPerHour = 1, leaving = false): FleetMember => ({ id, dollarsPerHour, leaving });

const snapshots: fc.Arbitrary<FleetSnapshot> = fc.record({
  target: fc.nat({ max: 20 }),
  keepsSurplus: fc.boolean(),
  openRequests: fc.nat({ max: 20 }),
  isHeldBack: fc.constant(false),
  fulfilling: fc
    .array(fc.record({ dollarsPerHour: fc.nat({ max: 3 }), leaving: fc.boolean() }), { maxLength: 20 })
    .map((members) => members.map((each, index) => ({ ...each, id: `i-${index}` }))),
});

test('a fleet requests exactly the instances that it lacks, counting its open requests', () => {
  fc.assert(
    fc.property(snapshots, (snapshot) => {
      const { launch, cancel } = decideFleet(snapshot);
      const open = snapshot.openRequests + launch - cancel;
      expect(open).toBe(Math.max(0, snapshot.target - snapshot.fulfilling.length));
      expect(Math.min(launch, cancel)).toBe(0);
    }),
  );
});

test('a fleet without termination never ends an instance', () => {
  fc.assert(
    fc.property(snapshots, (snapshot) => {
      expect(decideFleet({ ...snapshot, keepsSurplus: true }).end).toEqual([]);
    }),
  );
});

test('a fleet with termination ends the surplus, but no instance that is already leaving', () => {
  fc.assert(
    fc.property(snapshots, (snapshot) => {
      const { end } = decideFleet({ ...snapshot, keepsSurplus: false });
      const staying = snapshot.fulfilling.filter((each) => !each.leaving);
      expect(end).toHaveLength(Math.max(0, staying.length - snapshot.target));
      expect(staying.map((each) => each.id)).toEqual(expect.arrayContaining([...end]));
    }),
  );
});

test('a fleet at its target does nothing and says so', () => {
  expect(
    decideFleet({ target: 1, keepsSurplus: false, openRequests: 0, isHeldBack: false, fulfilling: [member('i-1')] }),
  ).toEqual({
    launch: 0,
    cancel: 0,
    end: [],
    reason: '1 instances for a target of 1: nothing to do',
  });
});

test('the most expensive instances end first, and of equally expensive ones the newest', () => {
  const fulfilling = [member('old', 1), member('dear', 2), member('new', 1)];
  const decide = (target: number) =>
    decideFleet({ target, keepsSurplus: false, openRequests: 0, isHeldBack: false, fulfilling }).end;
  expect(decide(2)).toEqual(['dear']);
  expect(decide(1)).toEqual(['dear', 'new']);
});

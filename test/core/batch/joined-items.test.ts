import fc from 'fast-check';
import { expect, it } from 'vitest';
import { OutcomeMachine } from '../../../core/batch/outcome-machine.js';
import { SlotMemory } from '../../../core/batch/slot-memory.js';
import { type FakeItem, FakeProcess, isGuilty, type Kind, run } from './fake-model.js';

const anyKind = fc.oneof(
  { weight: 20, arbitrary: fc.constant<Kind>('good') },
  { weight: 2, arbitrary: fc.constant<Kind>('error') },
  { weight: 1, arbitrary: fc.constantFrom<Kind>('crash', 'hang', 'breaker', 'quietBreaker', 'leak') },
);
const batch = fc.array(anyKind, { minLength: 1, maxLength: 12 });

it('fails exactly the guilty items when batches join while others are computed, for any model', () => {
  fc.assert(
    fc.property(
      fc.array(batch, { minLength: 1, maxLength: 12 }),
      fc.record({
        concurrency: fc.integer({ min: 1, max: 8 }),
        buffered: fc.boolean(),
        maxSlice: fc.integer({ min: 1, max: 20 }),
        picks: fc.array(fc.nat(1000), { minLength: 1, maxLength: 50 }),
      }),
      (batches, { picks, ...scene }) => {
        let turn = 0;
        const pick = (bound: number): number => (picks[turn++ % picks.length] ?? 0) % bound;
        const waiting = [...batches];
        const kinds: Kind[] = [];
        const items: FakeItem[] = [];
        const takeBatch = (): void => {
          for (const kind of waiting.shift() ?? []) {
            items.push({ id: items.length, kind });
            kinds.push(kind);
          }
        };
        takeBatch();
        const result = run({
          ...scene,
          concurrency: () => scene.concurrency,
          items,
          memory: new SlotMemory<FakeItem>(),
          slot: { process: new FakeProcess() },
          pick,
          join: (machine) => {
            if (!machine.mayAdd || waiting.length === 0 || machine.queuedItems > pick(6)) return;
            const from = items.length;
            takeBatch();
            machine.added(from);
          },
        });
        expect(result.repeated).toBe(0);
        for (const verdict of result.verdicts.values()) {
          expect(verdict.error !== undefined).toBe(isGuilty(kinds[verdict.position] as Kind));
        }
        if (result.end.kind === 'finished') expect(result.verdicts.size).toBe(kinds.length);
      },
    ),
    { numRuns: 500 },
  );
});

it('takes no batch in while it is not known whether the model is sound, so that the work comes to an end', () => {
  const items = [1, 2];
  const machine = new OutcomeMachine({ items, concurrency: () => 1, memory: new SlotMemory<number>() });
  const takeOne = (): number => 1;
  expect(machine.mayAdd).toBe(true);
  machine.next(takeOne);
  machine.answered(0, { code: 'E', message: '' });
  expect(machine.mayAdd).toBe(false);
  machine.next(takeOne);
  machine.answered(1);
  expect(machine.mayAdd).toBe(true);
  items.push(3);
  machine.added(2);
  expect(machine.queuedItems).toBe(1);
});

it('takes no batch in after a loss', () => {
  const machine = new OutcomeMachine({ items: [1, 2], concurrency: () => 1, memory: new SlotMemory<number>() });
  machine.next(() => 1);
  machine.lost({ reason: 'crashed', error: { code: 'E', message: '' } });
  expect(machine.mayAdd).toBe(false);
  machine.next(() => 1);
  machine.rebuilt();
  expect(machine.mayAdd).toBe(false);
});

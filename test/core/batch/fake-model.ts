/** A pure fake of a slot: it drives an OutcomeMachine to its end with a model whose items are of known kinds. */
import type { Verdict } from '../../../core/batch/doubts.js';
import { OutcomeMachine, type Step } from '../../../core/batch/outcome-machine.js';
import type { ItemError } from '../../../core/contract/result-line.js';
import type { SlotMemory } from '../../../core/batch/slot-memory.js';

/**
 * `breaker` errs and makes every later item of the process err; `quietBreaker` is answered well and does the same;
 * `leak` is innocent, but the process dies at the tenth one. `unlucky` is innocent, but once a fresh process dies while
 * it has this item alone.
 */
export type Kind = 'good' | 'error' | 'crash' | 'hang' | 'breaker' | 'quietBreaker' | 'leak' | 'unlucky';

export interface FakeItem {
  readonly id: number;
  readonly kind: Kind;
}

export const isGuilty = (kind: Kind): boolean => ['error', 'crash', 'hang', 'breaker'].includes(kind);

const hadItsAccident = new WeakSet<FakeItem>();

export class FakeProcess {
  #isFresh = true;
  #broken = false;
  #leaked = 0;

  /** Undefined means that the item was answered well; `lost` means that the process is gone. */
  ask(item: FakeItem): ItemError | 'lost' | undefined {
    const isFresh = this.#isFresh;
    this.#isFresh = false;
    if (item.kind === 'crash' || item.kind === 'hang') return 'lost';
    if (item.kind === 'unlucky' && isFresh && !hadItsAccident.has(item)) {
      hadItsAccident.add(item);
      return 'lost';
    }
    if (item.kind === 'leak') {
      this.#leaked += 1;
      if (this.#leaked >= 10) return 'lost';
    }
    if (this.#broken) return { code: 'Broken', message: `broken at ${item.id}` };
    if (item.kind === 'breaker' || item.kind === 'quietBreaker') this.#broken = true;
    return item.kind === 'error' || item.kind === 'breaker' ? { code: 'Own', message: `${item.id}` } : undefined;
  }
}

export interface Run {
  readonly verdicts: ReadonlyMap<number, Verdict>;
  readonly repeated: number;
  readonly end: Step<FakeItem>;
  readonly rebuilds: number;
  readonly asked: number;
  readonly mostInFlight: number;
}

export interface RunOptions {
  readonly items: readonly FakeItem[];
  readonly concurrency: () => number;
  readonly memory: SlotMemory<FakeItem>;
  readonly slot: { process: FakeProcess | undefined };
  /** All answers of a slice come at its end, and are lost with the process. */
  readonly buffered: boolean;
  /** Returns a number in [0, bound). */
  readonly pick: (bound: number) => number;
  readonly maxSlice: number;
  /** It is called before each step, and may append items. */
  readonly join?: (machine: OutcomeMachine<FakeItem>) => void;
}

interface Work {
  todo: number[];
  held: { position: number; error: ItemError | undefined }[];
}

/** The losses that `--item-timeout`, an exit code and the like lead to. */
const LOSS = { reason: 'crashed', error: { code: 'SlotCrashed', message: 'gone' } } as const;

export function run(options: RunOptions): Run {
  const machine = new OutcomeMachine<FakeItem>(options);
  const verdicts = new Map<number, Verdict>();
  let repeated = 0;
  let rebuilds = 0;
  let asked = 0;
  let mostInFlight = 0;
  let inFlight: Work[] = [];
  const settle = (found: readonly Verdict[]): void => {
    for (const verdict of found) {
      if (verdicts.has(verdict.position)) repeated += 1;
      verdicts.set(verdict.position, verdict);
    }
  };
  const lose = (): void => {
    options.slot.process = undefined;
    inFlight = [];
    settle(machine.lost(LOSS));
  };
  const ask = (item: FakeItem): ItemError | 'lost' | undefined => {
    asked += 1;
    if (options.slot.process === undefined) throw new Error('Asked a process that is gone.');
    return options.slot.process.ask(item);
  };
  const work = (): void => {
    const slice = inFlight[options.pick(inFlight.length)];
    const position = slice?.todo.shift();
    if (slice === undefined || position === undefined) throw new Error('Waited for nothing.');
    const answer = ask(options.items[position] as FakeItem);
    if (answer === 'lost') return lose();
    slice.held.push({ position, error: answer });
    if (slice.todo.length === 0) inFlight = inFlight.filter((other) => other !== slice);
    if (options.buffered && slice.todo.length > 0) return;
    for (const held of slice.held.splice(0)) settle(machine.answered(held.position, held.error));
  };
  for (let steps = 0; steps < 100_000; steps += 1) {
    options.join?.(machine);
    const step = machine.next((positions) => Math.min(positions.length, 1 + options.pick(options.maxSlice)));
    if (step.kind === 'finished' || step.kind === 'attempt') {
      return { verdicts, repeated, end: step, rebuilds, asked, mostInFlight };
    }
    if (step.kind === 'send') inFlight.push({ todo: [...step.positions], held: [] });
    mostInFlight = Math.max(mostInFlight, inFlight.length);
    if (step.kind === 'wait') work();
    if (step.kind === 'rebuild') {
      rebuilds += 1;
      options.slot.process = new FakeProcess();
      machine.rebuilt();
    }
    if (step.kind === 'probe') {
      const answer = ask(step.item);
      if (answer === 'lost') lose();
      else settle(machine.probed(answer));
    }
  }
  throw new Error('The machine does not come to an end.');
}

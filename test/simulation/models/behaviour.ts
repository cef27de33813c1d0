/**
 * The behaviour of a simulated model: its pace, its limits, how it loads, and the fate of each item. A behaviour is drawn once a job and shared by all of its
 * processes, so that the checks know which items may fail, and "once" means once in the whole pool.
 */
import { ITEM_ERROR_CODES } from '../../../core/contract/result-line.js';
import { LOSS_CODE } from './loss-code.js';

/**
 * A fate is what an item does to its model. `breaks`: it fails, and so does every later item of the same process. `poisons`: it is answered well, and every later item
 * fails. `stranger`: an item that was not asked for is answered. `grows`: the memory grows beyond any bound. `twice`: it is
 * answered twice. The fates that end in `once` do it only the first time that the item is computed in the pool.
 */
export type Fate =
  | 'error'
  | 'breaks'
  | 'poisons'
  | 'exits'
  | 'hangs'
  | 'nonsense'
  | 'twice'
  | 'stranger'
  | 'grows'
  | 'straggles'
  | 'kills-worker'
  | 'exits-once'
  | 'hangs-once'
  | 'kills-worker-once';

export type LoadFate = 'loads' | 'fails' | 'hangs' | 'fails-once' | 'says-nonsense';

export interface ModelBehaviour {
  readonly msPerItem: number;
  readonly loadMs: number;
  readonly load: LoadFate;
  /** Answers a slice as a whole at its end, as a model does that computes a slice as one matrix. */
  readonly answersAtEnd: boolean;
  readonly takesAhead: boolean;
  readonly maxSliceItems: number | undefined;
  readonly maxConcurrency: number | undefined;
  readonly memoryBytes: number;
  /** The share of its busy time that it has a core. */
  readonly cpuShare: number;
  /** The items that are not answered well, by index. */
  readonly fates: ReadonlyMap<number, Fate>;
  /** The fates of kind "once" that have come true; `load` when a load failed once. */
  readonly spent: Set<number | 'load'>;
}

const MIB = 1024 * 1024;

export const soundBehaviour = (given: Partial<ModelBehaviour> = {}): ModelBehaviour => ({
  msPerItem: 50,
  loadMs: 1_000,
  load: 'loads',
  answersAtEnd: false,
  takesAhead: true,
  maxSliceItems: undefined,
  maxConcurrency: undefined,
  memoryBytes: 50 * MIB,
  cpuShare: 1,
  fates: new Map(),
  spent: new Set(),
  ...given,
});

export interface DrawOptions {
  readonly items: number;
  /** The share of items that have a fate, at most. */
  readonly guiltyShare?: number;
  /** Fates that the caller's world cannot carry, such as the death of a worker. */
  readonly without?: readonly Fate[];
}

/** The common fates come first: a list with repetitions is a distribution that can be read. */
const FATES: readonly Fate[] = [
  'error',
  'error',
  'error',
  'exits',
  'exits',
  'exits-once',
  'exits-once',
  'straggles',
  'straggles',
  'breaks',
  'poisons',
  'hangs',
  'hangs-once',
  'nonsense',
  'twice',
  'stranger',
  'grows',
  'kills-worker',
  'kills-worker-once',
];

/** Draws the behaviour of one job's model. Two of three models are sound. */
export function drawBehaviour(
  random: () => number,
  { items, guiltyShare = 0.1, without = [] }: DrawOptions,
): ModelBehaviour {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const fates = new Map<number, Fate>();
  const allowed = FATES.filter((fate) => !without.includes(fate));
  if (random() < 0.35) {
    const guilty = Math.max(1, Math.floor(items * guiltyShare * random()));
    for (let n = 0; n < guilty; n += 1) fates.set(Math.floor(random() * items), pick(allowed));
  }
  return soundBehaviour({
    msPerItem: pick([5, 50, 400, 3_000]),
    loadMs: pick([100, 1_000, 1_000, 25_000]),
    load: random() < 0.03 ? pick<LoadFate>(['fails-once', 'fails-once', 'fails', 'hangs', 'says-nonsense']) : 'loads',
    answersAtEnd: random() < 0.5,
    takesAhead: random() < 0.7,
    maxSliceItems: pick([undefined, undefined, 1, 3]),
    maxConcurrency: pick([undefined, undefined, 1]),
    fates,
  });
}

/** The output that the model gives for an item: it names the item and its index, so that a result at a wrong place is seen. */
export const outputOf = (index: number, itemJson: string): string => `{"index":${index},"item":${itemJson}}`;

/** The codes with which an item of this fate may fail; empty when it must be answered well. */
export function codesOfFate(fate: Fate | undefined): readonly string[] {
  switch (fate) {
    case 'error':
    case 'breaks':
      return [BAD_ITEM_CODE];
    case 'exits':
      return [ITEM_ERROR_CODES.slotCrashed];
    case 'hangs':
      return [ITEM_ERROR_CODES.itemTimeout];
    case 'nonsense':
    case 'stranger':
      return [ITEM_ERROR_CODES.protocolFault];
    case 'grows':
      return [ITEM_ERROR_CODES.memoryExceeded];
    case 'kills-worker':
      return [LOSS_CODE];
    case 'poisons':
    case 'twice':
    case 'straggles':
    case 'exits-once':
    case 'hangs-once':
    case 'kills-worker-once':
    case undefined:
      return [];
  }
}

/** The code that the model gives to a bad item. */
export const BAD_ITEM_CODE = 'SimulatedBadItem';

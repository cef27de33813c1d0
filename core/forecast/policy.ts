/** The policy of a pool: how a dataset is cut, how many instances are wanted, and what instances do with the model. A policy is data and two functions. */
import type { Scenario } from './scenario.js';

/** The pool as its controller sees it. */
export interface PoolView {
  readonly nowMs: number;
  readonly batches: number;
  /** The batches without an outcome. */
  readonly left: number;
  /** The batches in the queue. */
  readonly waiting: number;
  readonly live: number;
  /** The target of the last pass; undefined before the first. */
  readonly target: number | undefined;
  /** The slots that live workers have reported. */
  readonly reportedSlots: readonly number[];
  /** The most instances that may come to the job. */
  readonly maxInstances: number;
  readonly slots: number;
  /** The mean time of a batch. */
  readonly batchMs: number;
}

export interface Policy {
  readonly name: string;
  /** The line that people read beside the figures. */
  readonly about: string;
  /** The items of each batch, in the order in which they are sent. */
  readonly cut: (scenario: Scenario) => readonly number[];
  readonly target: (view: PoolView) => number;
  /** The time between two passes of the controller; 0: it sees every change at once. */
  readonly everyMs: number;
  /** `granted`: an idle instance above the target leaves (R6). `at once`: an instance leaves as soon as it finds no work. */
  readonly exits: 'granted' | 'at once';
  /** True when instances that are still starting are ended as soon as they are above the target. */
  readonly endsStarting?: true;
  /** True when a slot loads the model for every batch. */
  readonly loadsEachBatch?: true;
  /** True when an instance ends after its first batch in each slot. */
  readonly endsAfterBatch?: true;
  /** True when finished items outlive a reclaim, and a notice is heeded (R3). */
  readonly savesPartials?: true;
  /** No batch begins before so many instances are ready. */
  readonly beginsWith?: number;
}

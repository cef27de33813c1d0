/** The sizes of batches: those that were asked for, and those that came of it. */
import type { BatchLocation } from '../../core/contract/batch-message.js';
import type { BatchSizing } from '../../core/contract/job.js';
import { type BatchSizes, isGuided } from '../../core/dataset/batch-planner.js';
import { definedFields } from '../../core/defined-fields.js';
import type { SubmitRequest } from './submit-request.js';

export function sizesOf({ options, sizes }: SubmitRequest): BatchSizes {
  return { ...sizes, ...definedFields({ workers: options.maxWorkers }) };
}

export function sizingOf(plan: readonly BatchLocation[], sizes: BatchSizes): BatchSizing {
  let [largestItems, smallestItems] = [0, Infinity];
  for (const { items } of plan) {
    largestItems = Math.max(largestItems, items);
    smallestItems = Math.min(smallestItems, items);
  }
  return { kind: isGuided(sizes) ? 'guided' : 'fixed', largestItems, smallestItems };
}

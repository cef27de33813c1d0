import { ITEM_ERROR_CODES } from '../contract/result-line.js';
import type { ProbeResult } from './probe.js';

const LOSSES: ReadonlySet<string> = new Set([
  ITEM_ERROR_CODES.slotCrashed,
  ITEM_ERROR_CODES.protocolFault,
  ITEM_ERROR_CODES.itemTimeout,
  ITEM_ERROR_CODES.memoryExceeded,
]);

/** Tells whether the item's error is the end of the model's process, and not one that the model itself gave. */
export const isLoss = (result: ProbeResult): boolean => !result.ok && LOSSES.has(result.error.code);

import type { SlotLimits } from '../../core/contract/slot-protocol.js';
import type { SlotProcess } from './slot-process.js';

/** A loaded model. */
export interface LoadedSlot extends SlotLimits {
  readonly process: SlotProcess;
}

export type LoadResult =
  { readonly kind: 'loaded'; readonly slot: LoadedSlot } | { readonly kind: 'unable'; readonly message: string };

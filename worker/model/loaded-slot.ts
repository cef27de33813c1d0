import type { SlotProcess } from './slot-process.js';

/** A loaded model. */
export interface LoadedSlot {
  readonly process: SlotProcess;
  readonly maxSliceItems: number | undefined;
}

export type LoadResult =
  { readonly kind: 'loaded'; readonly slot: LoadedSlot } | { readonly kind: 'unable'; readonly message: string };

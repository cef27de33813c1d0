/** Fetches the objects that the items of a probe name, with the code that workers fetch them with. */
import path from 'node:path';
import { errorText } from '../../core/error-text.js';
import type { ProbeFailure, ProbeItem, ProbeRequest, ProbeResult } from '../../core/probe/probe.js';
import { fetchObjects } from '../batch/batch-input.js';
import type { Clock } from '../ports.js';
import { resultOf } from './probe-pass.js';

export interface FetchedItems {
  readonly items: readonly ProbeItem[];
  /** The items whose objects cannot be read. */
  readonly failed: readonly ProbeResult[];
}

export async function fetchItems(
  { items, objectsOf }: Pick<ProbeRequest, 'items' | 'objectsOf'>,
  folder: string,
  options: { readonly clock: Clock; readonly onTrouble: (message: string) => void; readonly signal: AbortSignal },
): Promise<FetchedItems | ProbeFailure> {
  if (objectsOf === undefined) return { items, failed: [] };
  const { clock, onTrouble, signal } = options;
  try {
    const fetched = await fetchObjects(
      { items, failed: [], objectBytes: 0, next: undefined },
      {
        directory: path.join(folder, 'objects'),
        storeOf: objectsOf,
        clock,
        signal,
        onTrouble: (error) => onTrouble(errorText(error)),
      },
    );
    return { items: fetched.items, failed: fetched.failed.map(resultOf) };
  } catch (error) {
    signal.throwIfAborted();
    return { phase: 'fetch', message: errorText(error), log: [] };
  }
}

/** Says in which part of a job's input each item is, and near which byte. It is read from the job's plan, which has one line for each batch. */
import { partOfInputKey, planKey } from '../../../core/contract/keys.js';
import { ObjectMissing, type ObjectStore } from '../../../core/contract/object-store.js';
import { decodePlanLine } from '../../../core/dataset/plan.js';
import { linesOf } from '../../controller/observe/lines.js';

export interface InputPart {
  readonly part: number;
  readonly firstIndex: number;
  /** The index behind the part's last item. */
  endIndex: number;
  /** The size of the part of the input. */
  bytes: number;
}

/** The beginning of a batch: from there a part can be read. */
export interface InputPoint {
  readonly firstIndex: number;
  readonly startByte: number;
}

export class InputMap {
  readonly #parts: InputPart[] = [];
  readonly #points: InputPoint[] = [];

  static async read(store: ObjectStore, job: string, signal: AbortSignal): Promise<InputMap> {
    const map = new InputMap();
    try {
      for await (const line of linesOf(store.stream(planKey(job), { signal }))) map.#add(job, line);
    } catch (error) {
      if (error instanceof ObjectMissing) throw damaged(job, 'is missing');
      throw error;
    }
    return map;
  }

  partOf(index: number): InputPart | undefined {
    const part = lastUpTo(this.#parts, index);
    return part !== undefined && index < part.endIndex ? part : undefined;
  }

  /** Returns the last point at or before the item. */
  pointOf(index: number): InputPoint | undefined {
    return lastUpTo(this.#points, index);
  }

  #add(job: string, line: string): void {
    const batch = this.#points.length;
    const location = decodePlanLine(line);
    const last = this.#parts.at(-1);
    const part = location && partOfInputKey(job, location.key);
    if (location?.batch !== batch || part === undefined || location.firstIndex !== (last?.endIndex ?? 0)) {
      throw damaged(job, `is damaged: line ${batch + 1} does not describe batch ${batch}`);
    }
    const { firstIndex, items, startByte, endByte } = location;
    this.#points.push({ firstIndex, startByte });
    if (last?.part !== part) {
      this.#parts.push({ part, firstIndex, endIndex: firstIndex + items, bytes: endByte });
      return;
    }
    last.endIndex += items;
    last.bytes = endByte;
  }
}

const damaged = (job: string, what: string): Error =>
  new Error(
    `The results cannot be joined with the dataset: the job's plan ${planKey(job)} in the stack's bucket ${what}.`,
  );

function lastUpTo<T extends { readonly firstIndex: number }>(sorted: readonly T[], index: number): T | undefined {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle]?.firstIndex ?? Infinity) <= index) low = middle + 1;
    else high = middle;
  }
  return sorted[low - 1];
}

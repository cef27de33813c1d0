/**
 * The mark of a teardown, a part of the controller's word (`fleet/state.json`): every controller reads that before each decision, and
 * writes it only on condition that nobody else has, so that none can miss the mark or write over it.
 */
import { definedFields } from '../../core/defined-fields.js';
import type { FleetState, TeardownMark } from '../../core/contract/fleet-state.js';
import { fleetStateKey } from '../../core/contract/keys.js';
import { JSON_TYPE, toJson } from '../controller/json-objects.js';
import { readFleetState } from '../controller/observe/read-fleet.js';
import type { ObjectStore } from '../ports.js';

/** Controllers publish a few times a minute: more lost races than this are none. */
const MAX_ROUNDS = 20;

/** Sets it, or with undefined takes it away. The mark that stands: an older one is kept. */
export async function writeTeardownMark(
  store: ObjectStore,
  mark: TeardownMark | undefined,
  { at, signal }: { readonly at: string; readonly signal: AbortSignal },
): Promise<TeardownMark | undefined> {
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const { state, etag } = await readFleetState(store, signal);
    if ((state?.teardown === undefined) === (mark === undefined)) return state?.teardown;
    const put = await store.put(fleetStateKey, toJson(nextState(state, mark, at)), {
      signal,
      contentType: JSON_TYPE,
      ...(etag === undefined ? { ifNoneMatch: true } : { ifMatch: etag }),
    });
    if (put.kind === 'written') return mark;
  }
  throw new Error(`${fleetStateKey} was written by others ${MAX_ROUNDS} times in a row. Try again.`);
}

/** A closed generation, as R6 wants it before any change of the target. */
function nextState(state: FleetState | undefined, mark: TeardownMark | undefined, at: string): FleetState {
  const { generation, target, jobs } = state ?? { generation: 0, target: 0, jobs: [] };
  return {
    version: 1,
    generation: generation + 1,
    target,
    grants: 0,
    jobs,
    ...definedFields({ teardown: mark }),
    at,
  };
}

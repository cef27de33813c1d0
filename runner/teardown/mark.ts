/**
 * Sets the mark of a teardown in the fleet's published state (`fleet/state.json`). Every controller reads the state before each decision, and writes it
 * only on condition that no other has written it since. So no controller can miss the mark or write over it.
 */
import { definedFields } from '../../core/defined-fields.js';
import type { FleetState, TeardownMark } from '../../core/contract/fleet-state.js';
import { fleetStateKey } from '../../core/contract/keys.js';
import { JSON_TYPE, toJson } from '../controller/json-objects.js';
import { readFleetState } from '../controller/observe/read-fleet.js';
import type { ObjectStore } from '../ports.js';

/** Controllers publish a few times a minute, so more lost races than this mean a fault. */
const MAX_ROUNDS = 20;

/** Sets the mark, or removes it when `mark` is undefined. Returns the mark that holds then: an older mark is kept. */
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
  throw new Error(`Could not write ${fleetStateKey}: others changed it ${MAX_ROUNDS} times in a row. Try again.`);
}

/** Returns a closed generation, which R6 demands before any change of the target. */
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

/** Carries out one step towards the target. The fleet is never raised without the dead-man's switch (R9). */
import { encodeFleetState, type FleetState } from '../../../core/contract/fleet-state.js';
import { fleetStateKey } from '../../../core/contract/keys.js';
import type { FleetAction, NewFleetState } from '../../../core/pool/exit-grants.js';
import { JSON_TYPE } from '../json-objects.js';
import { learn } from '../memory.js';
import { isWorkLeft } from '../observe/read-active-jobs.js';
import type { FleetReading } from '../observe/read-fleet.js';
import type { PassContext } from '../pass-context.js';
import { armForRaise } from './hold-switch.js';

/** Returns true when another observation may bring another step. `why` is the reason of the desired target. */
export async function carryOut(
  action: FleetAction,
  { reading, why }: { readonly reading: FleetReading; readonly why: string },
  context: PassContext,
): Promise<boolean> {
  switch (action.kind) {
    case 'none':
    case 'wait':
      return false;
    case 'close':
      await publish(action.state, reading.etag, context);
      return true;
    case 'publish':
      if ((await publish(action.state, reading.etag, context)) && action.state.grants > 0) {
        context.events.add('exits-granted', `${idleWorkers(action.state.grants)} may end: ${action.reason}.`);
      }
      return true;
    case 'set-target':
      if (action.target === 0 && (await hasNewWork(reading, context))) return false;
      return setTarget(action, { shown: reading.description.target, why }, context);
  }
}

/** Another controller may have raised the target for work that came after this pass had read the jobs (R7). The next pass sees it, too. */
const hasNewWork = async ({ state }: FleetReading, context: PassContext): Promise<boolean> =>
  state?.teardown === undefined && isWorkLeft(context);

const idleWorkers = (grants: number): string => (grants === 1 ? '1 idle worker' : `${grants} idle workers`);

async function setTarget(
  action: FleetAction & { kind: 'set-target' },
  { shown, why }: { readonly shown: number; readonly why: string },
  context: PassContext,
): Promise<boolean> {
  const { ports, memory, events, signal } = context;
  if (action.raise && !(await armForRaise(context))) return false;
  if ((await ports.fleet.setTarget(action.target, signal)) === 'busy') return false;
  learn(memory, { kind: 'target-accepted', target: action.target, atMs: ports.clock.nowMs() });
  events.add(
    action.raise ? 'target-raised' : 'target-lowered',
    `The fleet's target is ${action.raise ? 'raised' : 'lowered'} from ${shown} to ${action.target}: ${why}.`,
  );
  return true;
}

/** Returns false when another controller has published since the reading: the next observation sees it. */
async function publish(
  state: NewFleetState,
  etag: string | undefined,
  { ports, signal }: PassContext,
): Promise<boolean> {
  const body: FleetState = { version: 1, ...state, at: new Date(ports.clock.nowMs()).toISOString() };
  const put = await ports.store.put(fleetStateKey, encodeFleetState(body), {
    signal,
    contentType: JSON_TYPE,
    ...(etag === undefined ? { ifNoneMatch: true } : { ifMatch: etag }),
  });
  return put.kind === 'written';
}

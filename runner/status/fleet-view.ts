/** Reads the view of `spotpool fleet`: target, fulfilled capacity, and each instance with its worker's status. */
import type { NoticeKind } from '../../core/contract/events.js';
import { definedFields } from '../../core/defined-fields.js';
import type {
  FleetState,
  GpuStatus,
  PreparedStatus,
  PreparingStatus,
  ShapeStatus,
  WorkerPhase,
  WorkerStatus,
} from '../../core/contract/fleet-state.js';
import { findSilent } from '../../core/pool/silent-workers.js';
import { liveInstances, readFleetState } from '../controller/observe/read-fleet.js';
import { readStatuses } from '../controller/observe/read-statuses.js';
import { countFleet, standingOf, type FleetCounts, type Standing } from '../controller/report.js';
import type { Fleet, FleetDescription, FleetInstance, ObjectStore } from '../ports.js';

export interface InstanceView extends FleetInstance {
  /** It is absent once the instance is no longer live. */
  readonly standing?: Standing;
  /** The phase in its worker's last status; absent before the first. The same holds for the fields below. */
  readonly phase?: WorkerPhase;
  readonly notice?: NoticeKind;
  readonly slots?: number;
  /** How it runs the job of its last batch. */
  readonly shape?: ShapeStatus;
  readonly gpus?: readonly GpuStatus[];
  /** Present when EC2 shows it running and its worker has been silent for too long (core/pool/silent-workers.ts). */
  readonly silentForMs?: number;
  /** The step by which it gets a model ready now. */
  readonly preparing?: PreparingStatus;
  /** How long the steps took for the model that it began to prepare last. */
  readonly prepared?: PreparedStatus;
}

export interface FleetView {
  readonly counts: FleetCounts;
  readonly state: FleetDescription['state'];
  /** Live instances come first; otherwise the order is that of launch. */
  readonly instances: readonly InstanceView[];
  /** The state that a controller has published; undefined before the first. */
  readonly published: FleetState | undefined;
  readonly insteadOf?: FleetDescription['insteadOf'];
}

export async function readFleetView(
  ports: { readonly store: ObjectStore; readonly fleet: Fleet },
  signal: AbortSignal,
): Promise<FleetView> {
  const description = await ports.fleet.describe(signal);
  const live = liveInstances(description);
  const [{ statuses, ...heard }, { state: published }] = await Promise.all([
    readStatuses(ports.store, live, new Map(), signal),
    readFleetState(ports.store, signal),
  ]);
  const isLive = new Set(live.map(({ instance }) => instance));
  const running = live.filter(({ state }) => state === 'running').map(({ instance }) => instance);
  const silent = new Map(findSilent(running, heard).map(({ instance, silentForMs }) => [instance, silentForMs]));
  const instances = description.instances
    .map((instance) => ({
      ...viewOf(instance, isLive.has(instance.instance), statuses.get(instance.instance)),
      ...definedFields({ silentForMs: silent.get(instance.instance) }),
    }))
    .sort(
      (a, b) => Number(b.standing !== undefined) - Number(a.standing !== undefined) || a.launchedAtMs - b.launchedAtMs,
    );
  const { state, insteadOf } = description;
  const counts = countFleet(description, live, statuses);
  return { counts, state, instances, published, ...definedFields({ insteadOf }) };
}

function viewOf(instance: FleetInstance, isLive: boolean, status: WorkerStatus | undefined): InstanceView {
  return {
    ...instance,
    ...definedFields({
      standing: isLive ? standingOf(instance.state, status) : undefined,
      phase: status?.phase,
      slots: status?.slots,
      shape: status?.shape,
      gpus: status?.gpus,
      preparing: status?.preparing,
      prepared: status?.prepared,
      notice: status?.notice,
    }),
  };
}

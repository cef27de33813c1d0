/** `spotpool fleet`: target, fulfilled, and each instance with what its worker says. */
import type { NoticeKind } from '../../core/contract/events.js';
import { definedFields } from '../../core/defined-fields.js';
import type { FleetState, ShapeStatus, WorkerPhase, WorkerStatus } from '../../core/contract/fleet-state.js';
import { liveInstances, readFleetState, readStatuses } from '../controller/observe/read-fleet.js';
import { countFleet, standingOf, type FleetCounts, type Standing } from '../controller/report.js';
import type { Fleet, FleetDescription, FleetInstance, ObjectStore } from '../ports.js';

export interface InstanceView extends FleetInstance {
  /** Absent once it is no longer live. */
  readonly standing?: Standing;
  /** What its worker last wrote; absent before its first word. */
  readonly phase?: WorkerPhase;
  readonly notice?: NoticeKind;
  readonly slots?: number;
  /** Of the job that it took a batch of last. */
  readonly shape?: ShapeStatus;
}

export interface FleetView {
  readonly counts: FleetCounts;
  readonly state: FleetDescription['state'];
  /** Live ones first, then by launch. */
  readonly instances: readonly InstanceView[];
  /** The controller's word; absent before the first. */
  readonly published: FleetState | undefined;
  readonly insteadOf?: FleetDescription['insteadOf'];
}

export async function readFleetView(
  ports: { readonly store: ObjectStore; readonly fleet: Fleet },
  signal: AbortSignal,
): Promise<FleetView> {
  const description = await ports.fleet.describe(signal);
  const live = liveInstances(description);
  const [statuses, { state: published }] = await Promise.all([
    readStatuses(ports.store, live, signal),
    readFleetState(ports.store, signal),
  ]);
  const isLive = new Set(live.map(({ instance }) => instance));
  const instances = description.instances
    .map((instance) => viewOf(instance, isLive.has(instance.instance), statuses.get(instance.instance)))
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
    ...(isLive ? { standing: standingOf(instance.state, status) } : {}),
    ...(status === undefined ? {} : { phase: status.phase, slots: status.slots }),
    ...(status?.shape === undefined ? {} : { shape: status.shape }),
    ...(status?.notice === undefined ? {} : { notice: status.notice }),
  };
}

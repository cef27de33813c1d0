/** Plans a rerun: finds the parent, chooses its items, and takes its model. Nothing is written. */
import { decodeManifest, type Manifest } from '../../core/contract/job.js';
import { manifestKey, probeKey } from '../../core/contract/keys.js';
import type { ObjectStore } from '../../core/contract/object-store.js';
import { decodeProbeMark } from '../../core/contract/probe-mark.js';
import { MOST_RERUNS, type RerunSelection } from '../../core/contract/rerun-mark.js';
import { definedFields } from '../../core/defined-fields.js';
import { formatItems } from '../../core/rerun/item-ranges.js';
import { count, oneLine } from '../display/format.js';
import { UserError } from '../errors.js';
import type { Clock } from '../ports.js';
import { readLineage, readReruns, type Rerun } from '../results/family/read-family.js';
import { beginRerun, begunItems } from './begin-rerun.js';
import type { IndexSet } from './index-set.js';
import { parentItems } from './parent-items.js';
import type { RerunSource } from './rerun-source.js';
import { type ChosenItems, type ItemChoice, selectItems } from './select-items.js';

export interface RerunRequest {
  readonly parent: Manifest;
  readonly choice: ItemChoice;
  /** The id that the user gave the rerun. */
  readonly id?: string;
  /** The rerun has the parent's own model. */
  readonly hasSameModel: boolean;
  readonly by: string;
}

interface Ports {
  readonly store: ObjectStore;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly signal: AbortSignal;
}

export interface RerunPlan {
  readonly kind: 'plan';
  readonly source: RerunSource;
  readonly items: IndexSet;
  /** The first job of the family, through which the results of the rerun show. */
  readonly first: Manifest;
  /** The reruns of the family that have not ended. */
  readonly open: readonly Rerun[];
}

export interface NothingToRerun {
  readonly kind: 'nothing';
  /** A sentence that says why. */
  readonly why: string;
  /** The codes that the user gave may be mistyped. */
  readonly isMistaken: boolean;
}

export async function planRerun(request: RerunRequest, ports: Ports): Promise<RerunPlan | NothingToRerun> {
  const { parent, choice, id, hasSameModel, by } = request;
  const { store, clock, signal } = ports;
  const of = { parent: parent.job, selection: selectionOf(choice) };
  if (id !== undefined) await refuseOtherJob(id, parent.job, ports);
  const first = (await readLineage(parent, ports)).at(-1) ?? parent;
  const reruns = await readReruns(first.job, ports);
  if (reruns.length >= MOST_RERUNS && reruns.every(({ job }) => job !== id)) {
    throw new Error(
      `Job ${first.job} has ${MOST_RERUNS} reruns already, and more cannot be read together. Submit the failed items as a new job: "spotpool results ${first.job} --failed-out FILE" writes them.`,
    );
  }
  const begun = id === undefined ? undefined : await begunItems(id, of, ports);
  const chosen = begun === undefined ? await selectItems(parent, choice, ports) : undefined;
  const items = begun ?? chosen?.items;
  if (items === undefined || items.size === 0) return nothing(parent.job, choice, chosen);
  const pace = hasSameModel ? await paceOf(parent.job, ports) : undefined;
  const source: RerunSource = {
    parent: parent.job,
    dataset: parentItems(parent, items, store),
    ...definedFields({ pace }),
    begin: (job, held) => {
      const at = new Date(clock.nowMs()).toISOString();
      return beginRerun(job, { ...of, items, at, by }, { store, signal: held });
    },
  };
  const open = reruns.filter(({ job, state }) => job !== id && (state === 'submitting' || state === 'running'));
  signal.throwIfAborted();
  return { kind: 'plan', source, items, first, open };
}

function selectionOf({ failed, codes, items }: ItemChoice): RerunSelection {
  return {
    failed,
    ...(codes === undefined ? {} : { codes: [...codes].sort() }),
    ...(items === undefined ? {} : { items: formatItems(items) }),
  };
}

async function refuseOtherJob(id: string, parent: string, { store, signal }: Ports): Promise<void> {
  if (id === parent) throw new UserError(`Job ${id} cannot be a rerun of itself. Choose another --id.`);
  const found = await store.get(manifestKey(id), { signal });
  const manifest = found && decodeManifest(found.body, id);
  if (manifest === undefined || manifest.parent === parent) return;
  throw new UserError(`Job ${id} exists already and is no rerun of job ${parent}. Choose another --id.`);
}

async function paceOf(job: string, { store, signal }: Ports): Promise<RerunSource['pace']> {
  const found = await store.get(probeKey(job), { signal });
  return found && decodeProbeMark(found.body);
}

/** Nobody reads more codes in a sentence. */
const SHOWN_CODES = 20;

function nothing(job: string, { codes, items }: ItemChoice, chosen: ChosenItems | undefined): NothingToRerun {
  const { unreadable = 0, otherCodes = [] } = chosen ?? {};
  const these = items === undefined ? 'item' : 'of these items';
  if (unreadable > 0) {
    const why =
      `${count(unreadable)} failed ${unreadable === 1 ? 'item' : 'items'} of job ${job} could not be read when the dataset was submitted, and no other was chosen. ` +
      'So there is nothing to compute again. Mend the dataset, and submit it as a new job.';
    return { kind: 'nothing', why, isMistaken: false };
  }
  const how = codes === undefined ? '' : ` with ${codes.map(oneLine).join(' or ')}`;
  const found = otherCodes.slice(0, SHOWN_CODES).map(({ code, count: times }) => `${oneLine(code)} (${count(times)})`);
  const others = found.length === 0 ? '' : ` The failed items have: ${found.join(', ')}.`;
  const no = items === undefined ? 'No' : 'None';
  return {
    kind: 'nothing',
    why: `${no} ${these} of job ${job} failed${how}, so there is nothing to compute again.${others}`,
    isMistaken: codes !== undefined,
  };
}

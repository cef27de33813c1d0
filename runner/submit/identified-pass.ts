/** Begins the reading of a dataset for a submit, with the ids and the kept fields of its items. */
import { definedFields } from '../../core/defined-fields.js';
import type { Dataset } from '../dataset/opened-dataset.js';
import type { DatasetRequest } from '../dataset/dataset-request.js';
import { type CheckedIds, checkIds } from '../dataset/identity/check-ids.js';
import type { FileUploads } from '../dataset/files/file-uploads.js';
import { identityRequest } from '../dataset/identity/identified.js';
import { plural } from '../display/format.js';
import type { Clock } from '../ports.js';
import type { PackagedModel } from '../model/package-model.js';
import { DatasetPass } from './dataset-pass.js';
import { KeptParts } from './kept-parts.js';
import { sizesOf } from './sizes.js';
import type { SubmitHooks } from './submit-event.js';
import type { SubmitRequest } from './submit-request.js';

type IdentityFlags = Pick<DatasetRequest, 'idField' | 'keep'>;

/** A shorter wait needs no word. */
const TELL_AFTER_MS = 2_000;

/**
 * Reads the dataset a first time and refuses ids that cannot be used, while nothing is uploaded yet. Resolves with undefined when no id was asked for, or when
 * the dataset cannot be read twice without a cost; then its ids are checked while it is uploaded.
 */
export async function checkIdsFirst(
  dataset: Dataset,
  flags: IdentityFlags,
  { nowMs }: Pick<Clock, 'nowMs'>,
  { signal, onEvent }: SubmitHooks,
): Promise<CheckedIds | undefined> {
  const { idField } = flags;
  if (idField === undefined || dataset.isReadAgain !== true) return undefined;
  const startedMs = nowMs();
  const tell = (message: string): void => onEvent({ level: 'info', code: 'ids', message });
  let isTold = false;
  const checked = await checkIds(identityRequest(dataset, flags), {
    read: () => dataset.read(signal),
    signal,
    onProgress: () => {
      if (isTold || nowMs() - startedMs < TELL_AFTER_MS) return;
      isTold = true;
      tell(`The dataset is read a first time, to check that the ids of its items (--id-field ${idField}) all differ.`);
    },
  });
  if (isTold) tell(`All ${plural(checked.ids, 'id')} differ.`);
  return checked;
}

export interface PassContext {
  readonly job: string;
  readonly request: SubmitRequest;
  readonly hooks: SubmitHooks;
  readonly dataset: Dataset;
  readonly checked: CheckedIds | undefined;
  readonly model: Pick<PackagedModel, 'spec'>;
  /** Uploads the files of a dataset that is a folder. */
  readonly files?: FileUploads;
}

export function beginPass({ job, request, hooks, dataset, checked, model, files }: PassContext): DatasetPass {
  const { signal, onEvent: notify } = hooks;
  const kept = new KeptParts(identityRequest(dataset, request.dataset), {
    job,
    notify,
    ...definedFields({ checked, copied: dataset.copied }),
  });
  const groups = dataset.read(signal, {
    notify,
    forJavaScript: model.spec.start.kind === 'module',
    ...definedFields({ files }),
  });
  return new DatasetPass(kept.over(groups), sizesOf(request), { kept });
}

/** A dataset whose items are refused while they are read when their id cannot be used. Nothing else of it changes. */
import { definedFields } from '../../../core/defined-fields.js';
import type { Dataset } from '../opened-dataset.js';
import type { DatasetRequest } from '../dataset-request.js';
import { IdentityColumn } from './identity-column.js';
import type { IdentityRequest } from './identity-request.js';

export const identityRequest = (
  { name, kind, sourceName }: Dataset,
  { idField, keep }: Pick<DatasetRequest, 'idField' | 'keep'>,
): IdentityRequest => ({ name, kind, ...definedFields({ idField, keep, sourceName }) });

/** Ids of different items are not compared. */
export function identified(dataset: Dataset, flags: Pick<DatasetRequest, 'idField'>): Dataset {
  const { idField } = flags;
  if (idField === undefined) return dataset;
  const request = identityRequest(dataset, { idField });
  const { readSpread } = dataset;
  return {
    ...dataset,
    ...(readSpread === undefined
      ? {}
      : {
          readSpread: async (...args: Parameters<typeof readSpread>) => {
            const spread = await readSpread(...args);
            return spread && { ...spread, groups: new IdentityColumn(request).over(spread.groups) };
          },
        }),
    check: (...args) => dataset.check(...args),
    read: (signal, hooks) => new IdentityColumn(request).over(dataset.read(signal, hooks)),
  };
}

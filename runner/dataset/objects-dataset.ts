/** A dataset whose items are the objects below prefixes in S3. Workers fetch them. */
import type { ObjectReference } from '../../core/contract/input-line.js';
import type { DatasetSample } from '../../core/contract/job.js';
import { definedFields } from '../../core/defined-fields.js';
import type { Dataset } from './opened-dataset.js';
import type { DatasetRequest } from './dataset-request.js';
import { firstOfGroup, type ItemGroup } from './item-group.js';
import type { SourceObjects } from './ports.js';
import { sampled } from './sample/sampled.js';
import type { ObjectsPart } from './sources/parts.js';
import { urlOf } from './sources/object-source.js';
import { objectsOf, type Resolved } from './sources/resolve.js';
import { NameRoles } from './sources/roles.js';

type Request = Pick<DatasetRequest, 'limit' | 'format'> & { readonly name: string; readonly sample?: DatasetSample };

export function openObjectsDataset(
  request: Request,
  { parts, notices }: Pick<Extract<Resolved, { readonly kind: 'objects' }>, 'parts' | 'notices'>,
  objects: SourceObjects,
): Dataset {
  const { name, limit, sample } = request;
  return {
    name,
    kind: 'objects',
    files: [],
    ...definedFields({ sample }),
    read: (signal, { notify } = {}) => {
      for (const message of notices) notify?.({ level: 'info', code: 'files-left-out', message });
      const groups = referenceGroups(request, parts, objects, signal);
      return sample === undefined ? limited(groups, limit) : sampled(groups, sample, signal);
    },
    check: async () => undefined,
  };
}

/** The number of object references in one group. */
const REFERENCES_PER_GROUP = 1_000;

async function* referenceGroups(
  { format }: Request,
  parts: readonly ObjectsPart[],
  objects: SourceObjects,
  signal: AbortSignal,
): AsyncGenerator<ItemGroup> {
  let references: ObjectReference[] = [];
  for (const part of parts) {
    // The first names have shown that objects are items. A mixture may show later.
    const roles = format === 'files' ? undefined : new NameRoles(part.argument);
    for await (const { key, size, isResult } of objectsOf(part, objects, signal)) {
      if (isResult) continue;
      if (!part.isLeftOut(key)) roles?.add(urlOf({ bucket: part.bucket, key }));
      references.push({ bucket: part.bucket, key, size, name: key.slice(part.base.length) });
      if (references.length < REFERENCES_PER_GROUP) continue;
      yield referenceGroup(references);
      references = [];
    }
  }
  if (references.length > 0) yield referenceGroup(references);
}

function referenceGroup(references: readonly ObjectReference[]): ItemGroup {
  const lines = references.map((reference) => Buffer.from(`${JSON.stringify(reference)}\n`));
  let end = 0;
  return {
    bytes: Buffer.concat(lines),
    ends: lines.map((line) => (end += line.length)),
    weights: references.map(({ size }) => size),
  };
}

async function* limited(groups: AsyncGenerator<ItemGroup>, limit = Infinity): AsyncGenerator<ItemGroup> {
  let left = limit;
  for await (const group of groups) {
    const first = firstOfGroup(group, left);
    yield first;
    left -= first.ends.length;
    if (left <= 0) return;
  }
}

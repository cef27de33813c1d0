/** A dataset whose items are the rows of files and objects. */
import { definedFields } from '../../core/defined-fields.js';
import { readByName } from './recognise.js';
import type { Dataset, DatasetRequest } from './dataset.js';
import { sampled } from './sample/sampled.js';
import { closeSource, openSource } from './sources/open-source.js';
import { readRows, type RowsRequest } from './sources/read-rows.js';
import type { Resolved } from './sources/resolve.js';
import type { Source, SourceFacts } from './sources/source.js';

type Rows = Extract<Resolved, { readonly kind: 'rows' }>;
type Request = RowsRequest & Pick<DatasetRequest, 'sample'>;

/** So many files are looked at before anything is sent. Of more files, these are from all over the dataset. */
const MOST_CHECKED = 5_000;

export function openRowsDataset(request: Request, { sources, notices }: Rows): Dataset {
  const { name, sample, ...rest } = request;
  if (request.format === undefined) for (const source of sources) readByName(source.name);
  const facts = new Map<number, SourceFacts>();
  const hints = definedFields({ format: request.format, delimiter: request.delimiter });
  return {
    name,
    kind: 'lines',
    again: sources.every(({ again }) => again),
    files: sources.flatMap(({ file }) => file ?? []),
    sources: {
      count: sources.length,
      name: (source) => sources[source]?.name ?? name,
      facts: (source) => facts.get(source) ?? {},
      ...definedFields({ sample }),
    },
    read: (signal, hooks = {}) => {
      for (const message of notices) hooks.notify?.({ level: 'info', code: 'dataset-format', message });
      const onFacts = (source: number, found: SourceFacts): void => void facts.set(source, found);
      const rows = readRows(sources, { ...rest, name }, { ...hooks, onFacts }, signal);
      return sample === undefined ? rows : sampled(rows, sample, signal);
    },
    check: async (signal) => {
      for (const source of spread(sources.filter(({ file }) => file !== undefined))) {
        await closeSource(await openSource(source, 0, hints, signal));
      }
    },
  };
}

function spread(sources: readonly Source[]): readonly Source[] {
  const step = Math.max(1, sources.length / MOST_CHECKED);
  const checked: Source[] = [];
  for (let at = 0; at < sources.length; at += step) checked.push(...sources.slice(Math.floor(at), Math.floor(at) + 1));
  return checked;
}

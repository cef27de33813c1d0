/** A dataset whose items are the rows of files and objects. */
import type { DatasetSample } from '../../core/contract/job.js';
import { definedFields } from '../../core/defined-fields.js';
import { readByName } from './recognise.js';
import type { Dataset } from './dataset.js';
import { sampled } from './sample/sampled.js';
import { SourceLedger } from './sources/ledger.js';
import { checkRows, readRows, type RowsRequest } from './sources/read-rows.js';
import type { Resolved } from './sources/resolve.js';
import type { Source, SourceFacts } from './sources/source.js';

type Rows = Extract<Resolved, { readonly kind: 'rows' }>;
type Request = RowsRequest & { readonly sample?: DatasetSample };

/** So many files are looked at before anything is sent. Of more files, these are from all over the dataset. */
const MOST_CHECKED = 5_000;

export function openRowsDataset(request: Request, { sources, notices }: Rows): Dataset {
  const { name, sample, ...rest } = request;
  if (request.format === undefined) for (const source of sources) readByName(source.name);
  const ledger = new SourceLedger(sources);
  return {
    name,
    kind: 'lines',
    isReadAgain: sources.every(({ again, file }) => again && file !== undefined),
    sourceName: (source) => sources[source]?.name,
    files: sources.flatMap(({ file }) => file ?? []),
    sources: { count: sources.length, lines: () => ledger.lines() },
    ...definedFields({ sample }),
    read: (signal, hooks = {}) => {
      for (const message of [...notices, ...sampleNotice(sample)])
        hooks.notify?.({ level: 'info', code: 'dataset-format', message });
      const onFacts = (source: number, found: SourceFacts): void => ledger.setFacts(source, found);
      const rows = readRows(sources, { ...rest, name }, { ...hooks, onFacts }, signal);
      return ledger.over(sample === undefined ? rows : sampled(rows, sample, signal));
    },
    check: async (signal) => {
      const local = sources.filter(({ file }) => file !== undefined);
      await checkRows(spread(local), { ...rest, name }, signal);
    },
  };
}

const sampleNotice = (sample: DatasetSample | undefined): readonly string[] =>
  sample === undefined
    ? []
    : [`The items are a random sample of the dataset (--sample ${sample.items} --seed ${sample.seed}).`];

function spread(sources: readonly Source[]): readonly Source[] {
  const step = Math.max(1, sources.length / MOST_CHECKED);
  const checked: Source[] = [];
  for (let at = 0; at < sources.length; at += step) checked.push(...sources.slice(Math.floor(at), Math.floor(at) + 1));
  return checked;
}

/** A dataset whose items are the rows of files and objects. */
import type { DatasetSample } from '../../core/contract/job.js';
import { definedFields } from '../../core/defined-fields.js';
import { readByName } from './recognise.js';
import type { Dataset, ReadHooks } from './opened-dataset.js';
import { sampled } from './sample/sampled.js';
import { SourceLedger } from './sources/ledger.js';
import { checkSources } from './sources/check-sources.js';
import { readRows } from './sources/read-rows.js';
import type { RowsRequest } from './sources/rows-request.js';
import { readSpread } from './sources/read-spread.js';
import type { Resolved } from './sources/resolve.js';
import type { SourceFacts } from './sources/source.js';

type Rows = Extract<Resolved, { readonly kind: 'rows' }>;
type Request = RowsRequest & { readonly sample?: DatasetSample };

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
    ...(isReadWhole({ ...request, sources: sources.length })
      ? {}
      : {
          readSpread: (most: number, signal: AbortSignal, hooks: ReadHooks = {}) =>
            readSpread(sources, { ...rest, name }, { most, hooks }, signal),
        }),
    check: (signal, onProgress) =>
      checkSources(
        sources.filter(({ file }) => file !== undefined),
        { ...rest, name, ...definedFields({ onProgress }) },
        signal,
      ),
  };
}

/** A part that the user chose is read as it is, and one file from its beginning. */
const isReadWhole = ({
  limit,
  sample,
  sources,
}: Pick<Request, 'limit' | 'sample'> & { readonly sources: number }): boolean =>
  sources < 2 || limit !== undefined || sample !== undefined;

const sampleNotice = (sample: DatasetSample | undefined): readonly string[] =>
  sample === undefined
    ? []
    : [`The items are a random sample of the dataset (--sample ${sample.items} --seed ${sample.seed}).`];

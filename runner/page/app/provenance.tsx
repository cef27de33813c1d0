/** The data, the code and the people behind a result, so that it can be made again. */
import type { ComponentChildren, VNode } from 'preact';
import { seriesText } from '../../../core/record/series-text.js';
import type { JobRecord } from '../../../core/record/job-record.js';
import { bytes, count, plural } from '../../display/format.js';
import { optionRows } from '../view/options.js';
import { utc } from '../view/time-window.js';

type Row = readonly [name: string, value: ComponentChildren];

export function Provenance({ record }: { readonly record: JobRecord }): VNode {
  return (
    <section id="provenance">
      <h2>Provenance</h2>
      <div class="pair">
        <Facts title="Dataset" rows={datasetRows(record)} />
        <Facts title="Model" rows={modelRows(record)} />
        <Facts title="Submit" rows={submitRows(record)} />
        <Facts title="Options" rows={optionRows(record.what.options)} />
      </div>
    </section>
  );
}

export function Facts({ title, rows }: { readonly title: string; readonly rows: readonly Row[] }): VNode {
  return (
    <div>
      <h3>{title}</h3>
      <dl class="facts">
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              <bdi>{value}</bdi>
            </dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

const digest = (value: string): VNode => <code class="digest">{value}</code>;

function datasetRows({ what: { dataset, batches, batchSizes } }: JobRecord): readonly Row[] {
  const { sources, sample, identity } = dataset;
  const sizes =
    batchSizes === undefined
      ? ''
      : `, of ${batchSizes.smallestItems === batchSizes.largestItems ? '' : `${count(batchSizes.smallestItems)} to `}${plural(batchSizes.largestItems, 'item')}`;
  return [
    ['name', dataset.name],
    [
      'items',
      `${count(dataset.items)}${dataset.badItems > 0 ? `, ${count(dataset.badItems)} of them unreadable` : ''}`,
    ],
    ['size', bytes(dataset.bytes)],
    ...(sources === undefined ? [] : [['files', count(sources)] as const]),
    ...(sample === undefined ? [] : [['sample', `${count(sample.items)} items, seed ${sample.seed}`] as const]),
    ...(identity?.idField === undefined ? [] : [['id field', identity.idField] as const]),
    ...(identity?.keep === undefined ? [] : [['kept fields', identity.keep.join(', ')] as const]),
    ['batches', `${count(batches)}${sizes}`],
    ['SHA-256', digest(dataset.digest)],
  ];
}

function modelRows({ what: { model } }: JobRecord): readonly Row[] {
  const { git, python, weights, setup } = model;
  return [
    ['name', model.name],
    ['kind', model.kind],
    [
      'Git commit',
      git === undefined ? (
        'unknown'
      ) : (
        <>
          {digest(git.commit)}
          {git.clean ? '' : ', with changes that were not committed'}
        </>
      ),
    ],
    ['SHA-256', digest(model.digest)],
    ...(python === undefined
      ? []
      : [
          [
            'Python',
            `${python.python} on ${python.platform}, ${plural(python.packages, 'package')}, ${bytes(python.bytes)}`,
          ] as const,
        ]),
    ...(weights === undefined
      ? []
      : [
          ['weights', `${weights.name}, ${plural(weights.files, 'file')}, ${bytes(weights.bytes)}`] as const,
          ['weights’ SHA-256', digest(weights.digest)] as const,
        ]),
    ...(setup === undefined ? [] : [['setup', <code>{setup}</code>] as const]),
  ];
}

function submitRows({ job, name, what: { createdAt, createdBy, versions, series } }: JobRecord): readonly Row[] {
  return [
    ['job', job],
    ...(name === undefined ? [] : [['name', name] as const]),
    ...(series === undefined ? [] : [['series', `${series.id}: ${seriesText(series.values)}`] as const]),
    ['by', createdBy],
    ['at', utc(createdAt)],
    ['spotpool', versions.spotpool],
    ['Node.js', versions.node],
  ];
}

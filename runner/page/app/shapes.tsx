/** The shape in which workers ran the model, with its reason, and the times that were measured. */
import type { VNode } from 'preact';
import type { JobRecord, Times } from '../../../core/record/job-record.js';
import { bytes, count, plural } from '../../display/format.js';
import { Message } from './errors.js';
import { PHASE_WORDS } from '../view/phases.js';
import { chosenShape } from '../view/options.js';
import { milliseconds } from '../view/times.js';
import { ScrollTable } from './parts.js';

export function Shapes({ record: { pace, what } }: { readonly record: JobRecord }): VNode {
  const { shapes, item, batch, phases } = pace;
  const row = (name: string, times: Times, size = ''): readonly string[] => [
    name,
    count(times.count),
    milliseconds(times.medianMs),
    milliseconds(times.p90Ms),
    milliseconds(times.longestMs),
    size,
  ];
  const rows = [
    ...(item === undefined ? [] : [row('an item in the model', item)]),
    ...(batch === undefined ? [] : [row('a batch, from receipt to commit', batch)]),
    ...phases.map((times) => row(PHASE_WORDS[times.phase], times, times.bytes === undefined ? '' : bytes(times.bytes))),
  ];
  return (
    <section id="shape">
      <h2>Shape of the work</h2>
      {shapes.length === 0 ? (
        <p>{chosenShape(what.options)}</p>
      ) : (
        <ul class="shapes">
          {shapes.map(({ slots, concurrency, settled, workers, reason }) => (
            <li>
              <b>
                {plural(slots, 'slot')}
                {concurrency > 1 ? `, ${plural(concurrency, 'slice')} at once in each` : ''}
              </b>{' '}
              on {plural(workers, 'worker')}
              {settled ? '' : ', still being measured'}
              <Message text={reason} />
            </li>
          ))}
        </ul>
      )}
      {rows.length === 0 ? null : (
        <ScrollTable
          label="Measured times"
          head={['Time of', 'Measured', 'Median', '90 %', 'Longest', 'Size']}
          numbers={[1, 2, 3, 4, 5]}
          rows={rows}
        />
      )}
    </section>
  );
}

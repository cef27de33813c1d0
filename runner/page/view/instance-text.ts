/** The words for what a reader points at in the timeline, and the rows of its table. Pure. */
import type { RecordedInstance } from '../../../core/record/job-record.js';
import { count, plural, span } from '../../display/format.js';
import { END_WORDS, MARK_KINDS, MARK_WORDS, PHASE_WORDS, STACKED_PHASES } from './phases.js';
import type { TimeWindow } from './time-window.js';
import type { PhaseColumns } from './timeline.js';
import { dollarsOr, UNKNOWN } from './truth.js';

const atOf = ({ fromMs, toMs }: TimeWindow, share: number): number => fromMs + share * (toMs - fromMs);

const inText = (atMs: number, { fromMs }: TimeWindow): string => span((atMs - fromMs) / 1000);

/** A mark is named when the reader points at most this share of the window beside it. */
const NEAR_SHARE = 0.012;

export function instanceText(instance: RecordedInstance | undefined, window: TimeWindow, share: number): string {
  if (instance === undefined) return '';
  const { instanceType, instance: id, zone, market, batches, items, dollars, phases, marks, end } = instance;
  const atMs = atOf(window, share);
  const phase = phases.find(({ fromAt, toAt }) => Date.parse(fromAt) <= atMs && atMs < Date.parse(toAt));
  const near = marks.filter(({ at }) => Math.abs(Date.parse(at) - atMs) <= NEAR_SHARE * (window.toMs - window.fromMs));
  return [
    `${inText(atMs, window)} in`,
    ...(phase === undefined
      ? []
      : [
          `${PHASE_WORDS[phase.phase]} from ${inText(Date.parse(phase.fromAt), window)} to ${inText(Date.parse(phase.toAt), window)}`,
        ]),
    ...new Set(near.map(({ kind }) => MARK_WORDS[kind])),
    `${instanceType} ${id}, ${zone}, ${marketText(market)}`,
    `${plural(batches, 'batch', 'batches')}, ${plural(items, 'item')}`,
    ...(dollars === undefined ? [] : [dollarsOr(dollars)]),
    ...(end === undefined ? [] : [`ended: ${END_WORDS[end]}`]),
  ].join(' · ');
}

const marketText = (market: RecordedInstance['market']): string => (market === 'spot' ? 'Spot' : 'on demand');

export function momentText({ phases, marks, columns }: PhaseColumns, window: TimeWindow, share: number): string {
  const column = Math.min(columns - 1, Math.floor(share * columns));
  const inPhases = STACKED_PHASES.flatMap((phase) => {
    const number = phases.get(phase)?.[column] ?? 0;
    return number >= 0.5 ? [`${count(number)} ${PHASE_WORDS[phase]}`] : [];
  });
  const marked = MARK_KINDS.flatMap((kind) => {
    const number = marks.get(kind)?.[column] ?? 0;
    return number === 0 ? [] : [`${MARK_WORDS[kind]}: ${count(number)}`];
  });
  return [`${inText(atOf(window, share), window)} in`, ...inPhases, ...marked].join(' · ');
}

export const instanceHead: readonly string[] = [
  'Instance',
  'Type',
  'Zone',
  'Market',
  'Worker up',
  'End',
  'Batches',
  'Items',
  'Time',
  'Cost',
  'Why it ended',
];

export function instanceRow(instance: RecordedInstance, window: TimeWindow): readonly string[] {
  const { instanceType, zone, market, startedAt, endedAt, batches, items, seconds, dollars, end } = instance;
  const when = (at: string | undefined, otherwise: string): string =>
    at === undefined ? otherwise : inText(Date.parse(at), window);
  return [
    instance.instance,
    instanceType,
    zone,
    marketText(market),
    when(startedAt, UNKNOWN),
    when(endedAt, 'runs'),
    count(batches),
    count(items),
    seconds === undefined ? UNKNOWN : span(seconds),
    dollarsOr(dollars),
    end === undefined ? '' : END_WORDS[end],
  ];
}

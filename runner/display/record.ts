/** Renders the record of a job for people, in blocks of aligned rows. */
import type { Colors } from 'picocolors/types.js';
import { DEFAULT_JOB_OPTIONS, JOB_OPTION_NAMES, JOB_OPTIONS } from '../../core/contract/job-options.js';
import { judgeJob } from '../../core/pool/success.js';
import { definedFields } from '../../core/defined-fields.js';
import { seriesText } from '../../core/record/series-text.js';
import type { JobRecord, RecordedInstance, Times } from '../../core/record/job-record.js';
import { END_WORDS } from '../page/view/phases.js';
import { bytes, clockTime, count, dollars, oneLine, plural, rate, sentence, span, table, wrap } from './format.js';
import { BECAME, errorLines } from './summary.js';

export interface RecordStyle {
  readonly colors: Colors;
  readonly columns: number;
}

type Row = readonly [label: string, value: string];

const LEAST_VALUE_COLUMNS = 30;
const WIDEST_COLUMNS = 100;
const DIGEST_CHARACTERS = 12;
const SHOWN_TYPES = 5;
const SHOWN_JOBS = 5;
const LEAST_SHOWN_PERCENT = 0.1;

export function recordLines(record: JobRecord, style: RecordStyle): readonly string[] {
  const blocks: readonly (readonly [string, readonly Row[]])[] = [
    ['work', workRows(record)],
    ['course', courseRows(record)],
    ['outcomes', outcomeRows(record)],
    ['pace', paceRows(record)],
    ['pool', poolRows(record)],
    ['waste', wasteRows(record)],
    ['cost', costRows(record)],
  ];
  const rows = blocks.flatMap(([, some]) => some);
  const labels = Math.max(...rows.map(([label]) => label.length));
  const errors = record.outcomes.errors.map(({ code, count: times, example }) => ({
    code,
    count: times,
    example: example.message,
  }));
  return [
    '',
    ...headLines(record, style),
    ...blocks.flatMap(([title, some]) =>
      some.length === 0 ? [] : ['', ` ${style.colors.bold(title)}`, ...rowLines(some, labels, style)],
    ),
    ...errorLines({ errors }, style.colors),
    ...gapLines(record, style),
    '',
  ];
}

function headLines({ job, name, how, outcomes, what }: JobRecord, style: RecordStyle): readonly string[] {
  const { colors } = style;
  const { items, batches } = outcomes;
  const { maxFailed } = what.options;
  const judged = judgeJob({
    state: how.state,
    items,
    batches: { ...batches, failed: batches.givenUp },
    ...definedFields({ maxFailed }),
  });
  const goesOn = how.state === 'running' || how.state === 'submitting';
  const mark = goesOn ? colors.cyan('…') : judged === 'success' ? colors.green('✓') : colors.red('✗');
  const called = name === undefined ? '' : ` (${oneLine(name)})`;
  const head = ` ${mark} Job ${colors.bold(job)}${called} ${BECAME[how.state]}.`;
  const reason = how.reason === undefined ? [] : wrapped(sentence(how.reason), style, 3).map((line) => `   ${line}`);
  return [head, ...reason];
}

function workRows({ what }: JobRecord): readonly Row[] {
  const { dataset, model } = what;
  const sample = dataset.sample === undefined ? '' : `, a sample with seed ${dataset.sample.seed}`;
  const bad = dataset.badItems === 0 ? '' : `, ${count(dataset.badItems)} unreadable`;
  const size = `${plural(dataset.items, 'item')}${bad}, ${bytes(dataset.bytes)}${sample}`;
  return [
    ['dataset', `${oneLine(dataset.name)}: ${size}, sha256 ${short(dataset.digest)}`],
    ['model', `${oneLine(model.name)} (${model.kind}), sha256 ${short(model.digest)}`],
    ...(model.git === undefined
      ? []
      : [
          [
            'commit',
            `${short(model.git.commit)}, ${model.git.clean ? 'clean' : 'with changes that are not committed'}`,
          ] as const,
        ]),
    ...(model.weights === undefined ? [] : [['weights', oneLine(model.weights.name)] as const]),
    ['options', optionsText(what)],
    ...(what.series === undefined
      ? []
      : [['series', `${what.series.id}: ${oneLine(seriesText(what.series.values))}`] as const]),
    ['submitted', `${dayAndTime(what.createdAt)} by ${oneLine(what.createdBy)}, spotpool ${what.versions.spotpool}`],
  ];
}

/** Only options that differ from the defaults. */
function optionsText({ options, batchSizes }: JobRecord['what']): string {
  const given = JOB_OPTION_NAMES.flatMap((name) => {
    const value: unknown = options[name];
    if (value === undefined || JSON.stringify(value) === JSON.stringify(DEFAULT_JOB_OPTIONS[name])) return [];
    const isHidden = JOB_OPTIONS[name].hidden === true && typeof value === 'object' && value !== null;
    const shown = isHidden ? Object.keys(value).map(oneLine).join(',') : oneLine(textOf(value));
    return [`${JOB_OPTIONS[name].flag} ${shown}`];
  });
  // The manifest has no --batch-size and no --batch-bytes, but says that one of them was given.
  const size = batchSizes?.kind === 'fixed' ? [`batches of at most ${plural(batchSizes.largestItems, 'item')}`] : [];
  const all = [...size, ...given];
  return all.length === 0 ? 'the defaults' : all.join(', ');
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

function courseRows({ how, what, builtAt }: JobRecord): readonly Row[] {
  const resumes = how.ends.filter(({ kind }) => kind === 'resume').length;
  const toFirst =
    how.firstOutcomeAt === undefined ? undefined : Date.parse(how.firstOutcomeAt) - Date.parse(what.createdAt);
  return [
    [
      'time',
      `${span(how.seconds)} ${how.endedAt === undefined ? `so far (${clockTime(builtAt)})` : 'from submit to end'}`,
    ],
    ...(toFirst === undefined ? [] : [['first result', `after ${span(toFirst / 1000)}`] as const]),
    ...(how.endedAt === undefined ? [] : [['ended', dayAndTime(how.endedAt)] as const]),
    ...(resumes === 0 ? [] : [['resumed', resumes === 1 ? 'once' : `${resumes} times`] as const]),
    ...(how.parent === undefined ? [] : [['rerun of', how.parent] as const]),
    ...(how.reruns.length === 0 ? [] : [['reruns', listed(how.reruns)] as const]),
  ];
}

function outcomeRows({ outcomes: { items, batches } }: JobRecord): readonly Row[] {
  const missing = items.total - items.ok - items.failed;
  const left = missing > 0 ? `, ${count(missing)} without an outcome` : '';
  const givenUp = batches.givenUp > 0 ? `, ${count(batches.givenUp)} given up` : '';
  return [
    ['items', `${count(items.ok)} ok, ${count(items.failed)} failed${left}`],
    ['batches', `${count(batches.done)} of ${count(batches.total)} done${givenUp}`],
  ];
}

function paceRows({ pace, how, outcomes, what, builtAt }: JobRecord): readonly Row[] {
  const done = outcomes.items.ok + outcomes.items.failed;
  const fromMs = Date.parse(how.firstOutcomeAt ?? what.createdAt);
  const seconds = (Date.parse(how.endedAt ?? builtAt) - fromMs) / 1000;
  return [
    ...(done === 0 || seconds <= 0 ? [] : [['pace', `${rate(done / seconds)} since the first result`] as const]),
    ...(pace.item === undefined ? [] : [['an item', timesText(pace.item)] as const]),
    ...(pace.batch === undefined ? [] : [['a batch', timesText(pace.batch)] as const]),
    ...(pace.slotMemoryBytes === undefined
      ? []
      : [['memory', `${bytes(pace.slotMemoryBytes)} in a slot at most`] as const]),
    ...pace.phases.map(({ phase, bytes: size, ...times }): Row => [
      phase,
      `${timesText(times)}${size === undefined ? '' : `, ${bytes(size)}`}`,
    ]),
    ...pace.shapes
      .slice(0, 1)
      .map(({ reason, workers }): Row => ['slots', `${sentence(reason)} (on ${plural(workers, 'worker')})`]),
  ];
}

const timesText = ({ count: times, medianMs, p90Ms, longestMs }: Times): string =>
  times === 1
    ? milliseconds(longestMs)
    : `median ${milliseconds(medianMs)}, 90 % within ${milliseconds(p90Ms)}, longest ${milliseconds(longestMs)}`;

function milliseconds(ms: number): string {
  if (ms >= 60_000) return span(ms / 1000);
  if (ms >= 1_000) return `${(ms / 1000).toFixed(1)} s`;
  if (ms >= 10) return `${Math.round(ms)} ms`;
  return `${ms.toFixed(ms >= 1 ? 1 : 2)} ms`;
}

function poolRows({ pool, how }: JobRecord): readonly Row[] {
  if (pool.instances.length === 0) return [];
  const { reclaims, notices, handBacks, losses } = pool;
  const taken = reclaims.withNotice + reclaims.withoutNotice;
  return [
    ['instances', `${count(pool.instances.length)}: ${countsOf(pool.instances, placeOf)}`],
    [
      'ended',
      countsOf(
        pool.instances,
        ({ end, endedAt }) => (end && END_WORDS[end]) ?? (endedAt === undefined ? 'not seen to end' : 'ended'),
      ),
    ],
    ...lastEndRows(pool.instances, how.endedAt),
    ['notices', count(notices)],
    [
      'reclaims',
      taken === 0 ? 'none' : `${count(taken)} (${reclaims.withNotice} with notice, ${reclaims.withoutNotice} without)`,
    ],
    ['handed back', plural(handBacks, 'batch', 'batches')],
    ...(losses === 0 ? [] : [['lost workers', count(losses)] as const]),
  ];
}

/** The job is over before its last instance is, which is paid for up to its own end. */
function lastEndRows(instances: readonly RecordedInstance[], jobEndedAt: string | undefined): readonly Row[] {
  const ends = instances.map(({ endedAt }) => endedAt);
  if (jobEndedAt === undefined || ends.includes(undefined)) return [];
  const afterMs = Math.max(...ends.map((endedAt) => Date.parse(endedAt ?? ''))) - Date.parse(jobEndedAt);
  return afterMs < 1_000 ? [] : [['last one ended', `${span(afterMs / 1000)} after the job`]];
}

const placeOf = ({ instanceType, zone }: RecordedInstance): string => `${oneLine(instanceType)} in ${oneLine(zone)}`;

/** The largest groups come first: `3 × c7g.large in us-east-1a, 1 × m7g.large in us-east-1b`. */
function countsOf(instances: readonly RecordedInstance[], group: (instance: RecordedInstance) => string): string {
  const groups = new Map<string, number>();
  for (const instance of instances) groups.set(group(instance), (groups.get(group(instance)) ?? 0) + 1);
  const sorted = [...groups].sort(([, a], [, b]) => b - a);
  const shown = sorted.slice(0, SHOWN_TYPES).map(([name, times]) => `${count(times)} × ${name}`);
  return [...shown, ...(sorted.length > SHOWN_TYPES ? [`${sorted.length - SHOWN_TYPES} more kinds`] : [])].join(', ');
}

function wasteRows({ waste, cost, outcomes }: JobRecord): readonly Row[] {
  const { duplicateItems, lostItemsAtMost, notComputingSeconds } = waste;
  const lost = lostItemsAtMost === 0 ? '' : `, and at most ${count(lostItemsAtMost)} more by workers that vanished`;
  const percents = (duplicateItems / Math.max(1, outcomes.items.total)) * 100;
  const share = percents < LEAST_SHOWN_PERCENT ? '' : ` (${percents.toFixed(1)} %)`;
  return [
    ['computed twice', `${plural(duplicateItems, 'item')}${share}${lost}`],
    ...(notComputingSeconds === undefined || cost.instanceSeconds === 0
      ? []
      : [['not computing', `${span(notComputingSeconds)} of ${span(cost.instanceSeconds)} of instance time`] as const]),
  ];
}

function costRows({ cost }: JobRecord): readonly Row[] {
  const { spotDollars, onDemandDollars, byType, sharedWith, instanceSeconds } = cost;
  if (byType.length === 0) return [];
  return [
    ['instance time', span(instanceSeconds)],
    ['on Spot', spotDollars === undefined ? 'not known' : dollars(spotDollars)],
    ['on demand', onDemandDollars === undefined ? 'not known' : `${dollars(onDemandDollars)}${savedText(cost)}`],
    ...(byType.length === 1
      ? []
      : byType
          .slice(0, SHOWN_TYPES)
          .map(({ instanceType, instances, seconds, spotDollars: spot }): Row => [
            oneLine(instanceType),
            `${plural(instances, 'instance')}, ${span(seconds)}${spot === undefined ? '' : `, ${dollars(spot)}`}`,
          ])),
    ...(sharedWith.length === 0
      ? []
      : [['shared with', `${listed(sharedWith)}: their common instances count for each of them in full`] as const]),
  ];
}

function savedText({ spotDollars, onDemandDollars }: JobRecord['cost']): string {
  if (spotDollars === undefined || onDemandDollars === undefined || onDemandDollars <= 0) return '';
  const saved = Math.round((1 - spotDollars / onDemandDollars) * 100);
  return saved > 0 ? ` (Spot saved ${saved} %)` : '';
}

function gapLines({ gaps }: JobRecord, style: RecordStyle): readonly string[] {
  if (gaps.length === 0) return [];
  const lines = gaps.flatMap((gap) =>
    wrapped(oneLine(gap), style, 5).map((line, at) => `   ${at === 0 ? '-' : ' '} ${line}`),
  );
  return ['', ` ${style.colors.yellow('what this record lacks')}`, ...lines];
}

function rowLines(rows: readonly Row[], labels: number, style: RecordStyle): readonly string[] {
  return table(
    rows.flatMap(([label, value]) =>
      wrapped(value, style, labels + 5).map((line, at) => [
        `   ${style.colors.dim((at === 0 ? label : '').padEnd(labels))}`,
        line,
      ]),
    ),
  );
}

const wrapped = (text: string, { columns }: RecordStyle, indent: number): readonly string[] =>
  wrap(text, Math.max(LEAST_VALUE_COLUMNS, Math.min(WIDEST_COLUMNS, columns) - indent));

const short = (digest: string): string => digest.slice(0, DIGEST_CHARACTERS);

const dayAndTime = (at: string): string => `${at.slice(0, 10)} ${clockTime(at)}`;

const listed = (jobs: readonly string[]): string =>
  [...jobs.slice(0, SHOWN_JOBS), ...(jobs.length > SHOWN_JOBS ? [`${jobs.length - SHOWN_JOBS} more`] : [])].join(', ');

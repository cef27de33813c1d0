/** The tables and plots of docs/explanation/scale.md, made from the reports of runs. */
import { KINDS, type Kind } from './count.js';
import {
  BUCKET_LIMITS,
  busiestMinute,
  fewestTokens,
  MESSAGES_IN_FLIGHT,
  mostInASecond,
  RATE_LIMITS,
  requestsOf,
  s3Dollars,
  sqsDollars,
  sum,
} from './limits.js';
import { drawPlot, numberText as number } from './plot.js';
import { NOTICE_MS, type Pass, type ScaleReport } from './run-scale.js';

const SECOND_MS = 1_000;
/** After so long the new instances of a storm are at work. */
const STORM_MS = NOTICE_MS + 60 * SECOND_MS;
const SHOWN_PURPOSES = 14;
const SQS_KINDS = KINDS.filter((kind) => kind.startsWith('SQS'));
const SMOOTHED_SECONDS = 5;

const BEGIN = '<!-- scale: begin -->';
const END = '<!-- scale: end -->';

/** Puts the tables in the place of those that the page has. */
export function writeTables(page: string, reports: readonly ScaleReport[]): string {
  const [before, rest] = page.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) throw new Error(`The page has no ${BEGIN} and ${END}.`);
  return `${before}${BEGIN}\n\n${reports.map(sectionOf).join('\n\n')}\n\n${END}${after}`;
}

export const ratePlotName = ({ shape }: ScaleReport): string => `scale-${shape.workers}-requests.svg`;
export const passPlotName = ({ shape }: ScaleReport): string => `scale-${shape.workers}-passes.svg`;

/** The plots of a run, by the name of the file. */
export function plotsOf(report: ScaleReport): ReadonlyMap<string, string> {
  const { counts, passes, shape } = report;
  const marks = [
    { atSeconds: shape.stormAtMs / SECOND_MS, name: 'all get a notice' },
    { atSeconds: (shape.stormAtMs + NOTICE_MS) / SECOND_MS, name: 'all are taken' },
  ];
  const seconds = Math.ceil(report.virtualMs / SECOND_MS);
  const line = (name: string, kinds: readonly Kind[]) => ({ name, values: smooth(requestsOf(counts, kinds), seconds) });
  const title = `${number(shape.workers)} workers`;
  const rates = drawPlot({
    title: `${title}: requests a second, mean of ${SMOOTHED_SECONDS} s`,
    unit: 'requests a second',
    stepSeconds: SMOOTHED_SECONDS,
    marks,
    lines: [...RATE_LIMITS.map(({ name, kinds }) => line(name, kinds)), line('SQS', SQS_KINDS)],
  });
  const ofPasses = drawPlot({
    title: `${title}: requests of the pass that was under way`,
    unit: 'requests',
    stepSeconds: 1,
    marks,
    lines: [
      { name: 'beside outcomes', values: stepsOf(passes, seconds, ({ requests }) => requests) },
      { name: 'looks at an outcome', values: stepsOf(passes, seconds, ({ outcomesLookedAt }) => outcomesLookedAt) },
    ],
  });
  return new Map([
    [ratePlotName(report), rates],
    [passPlotName(report), ofPasses],
  ]);
}

function smooth(values: readonly number[], seconds: number): readonly number[] {
  return Array.from({ length: Math.floor(seconds / SMOOTHED_SECONDS) }, (_, step) => {
    const from = step * SMOOTHED_SECONDS;
    return sum(values.slice(from, from + SMOOTHED_SECONDS)) / SMOOTHED_SECONDS;
  });
}

/** The value of the last pass that had begun, for each second. */
const stepsOf = (passes: readonly Pass[], seconds: number, valueOf: (pass: Pass) => number): readonly number[] =>
  Array.from({ length: seconds }, (_, second) => {
    const pass = passes.findLast(({ atMs }) => atMs <= second * SECOND_MS);
    return pass === undefined ? 0 : valueOf(pass);
  });

function sectionOf(report: ScaleReport): string {
  const { shape, virtualMs, reclaimed, instances } = report;
  const { batchesPerJob, itemsPerBatch, jobs, msPerItem, endsAtMs, stormAtMs, workers } = shape;
  const done = committedOf(report);
  return [
    `## ${number(workers)} workers`,
    `${number(jobs * batchesPerJob)} batches of ${jobs} jobs, ${itemsPerBatch} items of ${msPerItem / SECOND_MS} s a batch, two slots a worker. ` +
      (stormAtMs < virtualMs
        ? `After ${stormAtMs / SECOND_MS} s all ${number(reclaimed)} instances get a notice. `
        : 'The run ends before any storm. ') +
      `${number(done)} batches were committed in ${number(virtualMs / SECOND_MS)} virtual seconds, on ${number(instances)} instances in all. ` +
      (endsAtMs === undefined
        ? 'Every result was checked, and the pool came to rest at 0.'
        : 'The run was cut off there, so the end of the jobs is not in it.'),
    `![Requests a second of ${number(workers)} workers](${ratePlotName(report)})`,
    `![Requests of a pass with ${number(workers)} workers](${passPlotName(report)})`,
    '### Against the limits',
    limitsTable(report),
    '### Requests of a pass',
    passTable(report),
    progressLine(report),
    '### What the requests are for',
    purposesTable(report, done),
    // A run that was cut off has work under way that no outcome stands for yet.
    ...(endsAtMs === undefined ? [costLine(report, done)] : []),
  ].join('\n\n');
}

const committedOf = ({ counts, shape }: ScaleReport): number =>
  Math.min(counts.purposes['PUT results (worker)'] ?? 0, shape.jobs * shape.batchesPerJob);

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map((_, column) => (column === 0 ? '---' : '---:')), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');

function limitsTable({ counts }: ScaleReport): string {
  const row = (name: string, values: readonly number[], limit: string): readonly string[] => [
    name,
    number(sum(values)),
    number(mostInASecond(values)),
    number(busiestMinute(values)),
    limit,
  ];
  const rates = RATE_LIMITS.map(({ name, kinds, perSecond }) =>
    row(name, requestsOf(counts, kinds), `${number(perSecond)} a second and prefix`),
  );
  const queue = SQS_KINDS.map((kind) => row(kind, counts.perSecond[kind], 'nearly unlimited'));
  const buckets = BUCKET_LIMITS.map((limit) => {
    const values = counts.perSecond[limit.kind];
    const { tokens, refillPerSecond } = limit;
    const fewest = fewestTokens(values, limit);
    return row(limit.kind, values, `${tokens} tokens, ${refillPerSecond} more a second; fewest left: ${fewest}`);
  });
  const scheduler = row('Scheduler, all calls', counts.perSecond['Scheduler, all calls'], 'not looked up');
  const inFlight = [
    'messages in flight, at most',
    '',
    counts.mostInFlight === 0 ? 'not seen' : number(counts.mostInFlight),
    '',
    number(MESSAGES_IN_FLIGHT),
  ];
  return table(
    ['kind', 'in all', 'busiest second', 'busiest minute, a second', 'published limit'],
    [...rates, ...queue, ...buckets, scheduler, inFlight],
  );
}

function passTable({ passes, shape: { stormAtMs } }: ScaleReport): string {
  const isStorm = ({ atMs }: Pass): boolean => atMs >= stormAtMs && atMs < stormAtMs + STORM_MS;
  const row = (name: string, some: readonly Pass[]): readonly string[] => {
    const requests = some.map((pass) => pass.requests);
    const seconds = some.map(({ tookMs }) => tookMs / SECOND_MS);
    const looks = some.map(({ outcomesLookedAt }) => outcomesLookedAt);
    return [
      name,
      number(some.length),
      ...[requests, looks, seconds].flatMap((of) => [number(median(of)), number(mostInASecond(of))]),
    ];
  };
  return table(
    ['passes', 'count', 'requests, median', 'most', 'looks at an outcome, median', 'most', 'seconds, median', 'most'],
    [
      row(
        'outside the storm',
        passes.filter((pass) => !isStorm(pass)),
      ),
      row('from the notices until a minute after the last kill', passes.filter(isStorm)),
    ],
  );
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

const progressLine = ({ counts: { progress } }: ScaleReport): string =>
  `A job's \`progress.json\` had at most ${number(progress.mostBytes)} bytes, and was written ${number(progress.puts)} times in all.`;

function purposesTable({ counts }: ScaleReport, done: number): string {
  const rows = Object.entries(counts.purposes)
    .sort(([, a], [, b]) => b - a)
    .slice(0, SHOWN_PURPOSES)
    .map(([purpose, requests]) => [
      `\`${purpose}\``,
      number(requests),
      (requests / done).toFixed(2),
      `$${(requests * s3Dollars(purpose.split(' ')[0] ?? '')).toFixed(3)}`,
    ]);
  return table(['S3 request (who asks)', 'in all', 'a committed batch', 'price'], rows);
}

function costLine({ counts, shape }: ScaleReport, done: number): string {
  const s3 = sum(
    Object.entries(counts.purposes).map(([purpose, requests]) => requests * s3Dollars(purpose.split(' ')[0] ?? '')),
  );
  const sqs = sqsDollars(sum(SQS_KINDS.map((kind) => sum(counts.perSecond[kind]))));
  const perMillion = (dollars: number): string =>
    `$${((dollars * 1_000_000) / (done * shape.itemsPerBatch)).toFixed(2)}`;
  return `All requests to S3 and SQS cost ${perMillion(s3 + sqs)} per million items: S3 ${perMillion(s3)}, SQS ${perMillion(sqs)}.`;
}

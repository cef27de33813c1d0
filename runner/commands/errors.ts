/** `spotpool errors <job>` says why items failed: each code with its count, its share, and its first item. */
import { defineStackCommand, type StackCall } from '../cli/command.js';
import { EXIT } from '../cli/exit-codes.js';
import { toggle } from '../cli/option-rows.js';
import { progressOfJob } from '../controller/report.js';
import { count, fit, oneLine, plural, wrap } from '../display/format.js';
import type { Terminal } from '../display/terminal.js';
import { shorten } from '../../core/shorten.js';
import { definedFields } from '../../core/defined-fields.js';
import { countFailures, type FailureCode, type FailureCodes } from '../results/failure-codes.js';
import { readFamily } from '../results/family/read-family.js';
import { joinsOf } from '../results/joined/joins-of.js';
import { readJobView } from '../status/job-status.js';
import { stackArguments } from './advice/command-lines.js';
import { hasEnded } from '../status/job-state.js';

const errorsOptions = {
  all: toggle('read all outcomes (default: the first 10,000, and at most 256 MB of them)'),
};

export const errorsCommand = defineStackCommand({
  name: 'errors',
  description:
    'Count the failed items of a job by error code. The first item of each code is shown. The job may still run.',
  args: { job: 'the id of the job' },
  options: errorsOptions,
  examples: ['spotpool errors herg --local', "spotpool errors herg --json | jq -r '.codes[].code'"],
  run: errors,
});

async function errors({
  context,
  ports,
  args: { job },
  options,
}: StackCall<'job', typeof errorsOptions>): Promise<number> {
  const { terminal, signal } = context;
  const { store } = ports;
  const view = await readJobView(store, job, signal);
  const { batches, dataset } = view.manifest;
  // Older submits did not write which files the items came from.
  const joins = joinsOf(
    { job, dataset },
    { withInput: true, withSource: dataset.sources !== undefined },
    { store, signal },
  );
  const family = await readFamily(view.manifest, { store, signal });
  const reading = { job, batches, store, signal, ...definedFields({ family }) };
  const found = await countFailures(reading, { all: options.all ?? false, joins });
  const { done } = progressOfJob(view).batches;
  if (options.json)
    terminal.out(
      `${JSON.stringify({ job, ...jsonOf(found), batches: { read: found.batches, done, total: batches } })}\n`,
    );
  else {
    const next = found.failed > 0 && hasEnded(view.verdict) ? ['', rerunText(job, stackArguments(options))] : [];
    const lines = errorsText(job, found, { done, total: batches }, terminal);
    terminal.out(`${[...lines, ...next].join('\n')}\n`);
  }
  return EXIT.ok;
}

const rerunText = (job: string, where: string): string =>
  `To compute the failed items again: spotpool rerun ${job} --failed${where}`;

const jsonOf = ({ codes, failed, ofOtherCodes, ok, readAll }: FailureCodes) => ({
  ok,
  failed,
  ...(ofOtherCodes > 0 ? { ofOtherCodes } : {}),
  readAll,
  codes: codes.map(({ code, count: times, first: { index, error, idJson, inputJson, source } }) => ({
    code,
    count: times,
    share: times / failed,
    first: {
      index,
      message: error.message,
      ...definedFields({ id: idOf(idJson), input: valueOf(inputJson), source }),
    },
  })),
});

/** Programs get values, and the results file has the exact text. */
function valueOf(json: string | undefined): unknown {
  if (json === undefined) return undefined;
  const value: unknown = JSON.parse(json);
  return value;
}

/** An id must be found again, so a number that JavaScript would change is given as text. */
function idOf(json: string | undefined): unknown {
  const value = valueOf(json);
  return typeof value === 'number' && String(value) !== json ? json : value;
}

/** The displays use as many columns. */
const COLUMNS = 80;
const INDENT = '      ';
const SHOWN_CODES = 20;
/** A message of this length takes about three lines. */
const MESSAGE_CHARACTERS = 210;

function errorsText(
  job: string,
  found: FailureCodes,
  { done, total }: { readonly done: number; readonly total: number },
  { colors }: Terminal,
): readonly string[] {
  const { codes, failed, ofOtherCodes, ok, batches, readAll } = found;
  const part = readAll
    ? []
    : wrap(
        `These are the items of the first ${count(batches)} of ${count(done)} finished batches. To read all, add --all.`,
        COLUMNS,
      );
  const open =
    readAll && done < total
      ? [`${count(total - done)} of ${plural(total, 'batch', 'batches')} have no outcome yet.`]
      : [];
  const head = `${count(failed)} of ${plural(ok + failed, 'finished item')} of job ${job} failed.`;
  const more = codes.length - SHOWN_CODES;
  return [
    head,
    ...part,
    ...open,
    ...codes.slice(0, SHOWN_CODES).flatMap((code) => ['', ...codeLines(code, failed, colors)]),
    ...(ofOtherCodes > 0
      ? [
          '',
          ...wrap(
            `${plural(ofOtherCodes, 'more item')} failed with codes that are not listed, because there are too many.`,
            COLUMNS,
          ),
        ]
      : []),
    ...(more > 0 ? ['', `and ${plural(more, 'more error code')} (--json has them)`] : []),
  ];
}

function codeLines(
  { code, count: times, first }: FailureCode,
  failed: number,
  colors: Terminal['colors'],
): readonly string[] {
  const share = `${((times / failed) * 100).toFixed(1)} %`;
  const head = `  ${colors.yellow(fit(shorten(oneLine(code), COLUMNS / 2), COLUMNS / 2))}  ${plural(times, 'item')}, ${share}`;
  const message = wrap(oneLine(shorten(first.error.message, MESSAGE_CHARACTERS)), COLUMNS - INDENT.length);
  const { index, idJson, source, inputJson } = first;
  const id = idJson === undefined ? '' : `, id ${idJson}`;
  const place = source === undefined ? '' : `, row ${source.row} of ${source.file}`;
  return [
    head,
    ...message.map((line) => INDENT + cut(line)),
    INDENT + colors.dim(cut(oneLine(`first: item ${index}${id}${place}`))),
    ...(inputJson === undefined ? [] : [INDENT + colors.dim(cut(oneLine(inputJson)))]),
  ];
}

const cut = (text: string): string => fit(text, COLUMNS - INDENT.length);

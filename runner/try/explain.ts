/** Turns the failures of a probe into sentences that name a file and a line where there is one. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { splitLogEnd } from '../../core/contract/log-end.js';
import { WEIGHTS_VARIABLE } from '../../core/contract/weights.js';
import type { Fault, FaultKind, Reach } from '../../core/probe/fault-kinds.js';
import { classify } from '../../core/probe/fault.js';
import { locate, type Place, withoutDirectory } from '../../core/probe/locate.js';
import type { ProbeFailure, ProbeReport } from '../../core/probe/probe.js';
import { printable, printableLines } from '../../core/printable.js';
import { shorten } from '../../core/shorten.js';
import type { PackagedModel } from '../model/package-model.js';
import { type Sources, sourcesOf } from './sources.js';

export interface Explained {
  readonly kind: FaultKind;
  readonly reach: Reach;
  /** One sentence or two for people. */
  readonly sentence: string;
  readonly file?: string;
  readonly line?: number;
  /** The end of what the model printed before. */
  readonly log: readonly string[];
}

export interface ExplainOptions {
  readonly model: Pick<PackagedModel, 'spec' | 'shipped' | 'sourceMap'>;
  readonly secrets: readonly string[];
  /** The user's working directory, in which the model's sources are. */
  readonly cwd: string;
}

const SENTENCE_CHARACTERS = 400;
const LOG_LINES = 24;
/** These frames are not the model's. */
const OF_HOST = /^\s*at .*(?:\/host\.mjs:\d+|\bnode:internal)/;
/** A model that is loaded again and again fails alike. */
const MOST_FAULTS = 6;

export function explainFailures(report: ProbeReport, options: ExplainOptions): readonly Explained[] {
  const explained = report.failures.map((failure) => explain(named(failure, report), report, options));
  // Sentences that differ in numbers alone say the same of several items.
  const distinct = new Map(explained.toReversed().map((one) => [one.sentence.replaceAll(/\d+/g, '#'), one]));
  return [...distinct.values()].toReversed().slice(0, MOST_FAULTS);
}

/** People know the folder of the weights by its variable. */
const withVariable = (text: string, weights: string | undefined): string =>
  weights === undefined ? text : text.replaceAll(weights, () => `$${WEIGHTS_VARIABLE}`);

const named = (failure: ProbeFailure, { weights }: ProbeReport): ProbeFailure => ({
  ...failure,
  message: withVariable(failure.message, weights),
  log: failure.log.map((line) => withVariable(line, weights)),
});

function explain(failure: ProbeFailure, report: ProbeReport, options: ExplainOptions): Explained {
  const { directory } = report;
  const { model, secrets, cwd } = options;
  const fault = classify(failure, { secrets, isNeighbour: (name) => isNeighbour(name, { cwd, directory, model }) });
  const sources = sourcesOf(model.sourceMap, cwd);
  const clean = (text: string): string => withoutDirectory(sources.map(text), directory);
  const text = [...failure.log, failure.message].join('\n');
  const place = locate(sources.map(text), directory, (file) => isOfModel(file, model, sources));
  return {
    kind: fault.kind,
    reach: fault.reach,
    sentence: sentenceOf(fault, clean(coreOf(failure)), place),
    ...(place === undefined ? {} : { file: place.file, line: place.line }),
    log: readableLog(failure.log, clean).slice(-LOG_LINES),
  };
}

/** Takes the frames of our hosts and the names of temporary folders out of what a model printed. */
export function logOf({ log, directory, weights }: ProbeReport, { model, cwd }: ExplainOptions): readonly string[] {
  const sources = sourcesOf(model.sourceMap, cwd);
  return readableLog(log, (text) => withVariable(withoutDirectory(sources.map(text), directory), weights));
}

const readableLog = (log: readonly string[], clean: (text: string) => string): readonly string[] =>
  log.filter((line) => !OF_HOST.test(line)).map((line) => printableLines(clean(line)));

function sentenceOf({ what, advice, kind }: Fault, core: string, place: Place | undefined): string {
  const isSaid = place !== undefined && core.includes(`${place.file}, line ${place.line}`);
  const where = place === undefined || isSaid ? '' : `${place.file}, line ${place.line}: `;
  const said = shorten(printable(core), SENTENCE_CHARACTERS).replace(/\.$/, '');
  // A fault that was found without starting the model says all by itself.
  const beginning = SELF_EXPLAINING.has(kind) ? '' : `${what.charAt(0).toUpperCase()}${what.slice(1)}: `;
  return `${beginning}${where}${said}.${advice === undefined ? '' : ` ${advice}`}`;
}

const SELF_EXPLAINING: ReadonlySet<FaultKind> = new Set([
  'not-executable',
  'line-ends',
  'byte-order-mark',
  'not-shipped-program',
  'program',
  'interpreter',
  'protocol',
  'lines',
  'hang',
  'never-ready',
  'memory',
  'weights',
]);

const ERROR_LINE =
  /^\s*(?:[\w$.:]*(?:Error|Exception|Exit|Interrupt)\b|Error\b|E[A-Z]{3,}\b)[^\n]*$|(?:\([A-Z]\w*Error\))$/;

/** The line that names the error, else what the slot said. */
function coreOf({ phase, log, message, reason, found }: ProbeFailure): string {
  const { said, words } = splitLogEnd(message);
  const own = said.replace(/^The model .+? could not be loaded\. /, '').replace(AFTERTHOUGHT, '');
  if (phase === 'weights' || found !== undefined || (reason !== undefined && reason !== 'crashed')) return own;
  const lines = [...log, ...(words ?? '').split('\n')];
  const named = lines.findLast((line) => ERROR_LINE.test(line));
  if (named !== undefined) return named.trim();
  const last = lines.findLast((line) => line.trim() !== '');
  if (last !== undefined && SAYS_ALL.test(last)) return last.trim();
  return last === undefined ? own : `${own.replace(/\.$/, '')}; it printed last: ${last.trim()}`;
}

/** Our hosts say in such a line what a model did. */
const SAYS_ALL = /^predict |\bis no model\b/;
const AFTERTHOUGHT = / The model is loaded again for the items that have no result yet\.$/;

type Shipping = Pick<ExplainOptions, 'cwd' | 'model'> & { readonly directory: string };

/** A name that the model did not find, and that the submitter has beside the model. */
function isNeighbour(name: string, { cwd, model, directory }: Shipping): boolean {
  const relative = name.startsWith(`${directory}/`) ? name.slice(directory.length + 1) : name;
  const folders = [cwd, ...sourceFolders(model.spec.name, cwd)];
  return folders.some((folder) => {
    const file = path.resolve(folder, relative);
    return file !== folder && file.startsWith(`${folder}/`) && existsSync(file);
  });
}

function sourceFolders(model: string, cwd: string): readonly string[] {
  const file = path.resolve(cwd, model.replace(/:\w+$/, ''));
  return [path.dirname(file), file];
}

const isOfModel = (file: string, { shipped }: ExplainOptions['model'], sources: Sources): boolean =>
  (sources.has(file) || shipped.paths.includes(file)) && !file.includes('node_modules/');

/**
 * The options of a job: one table, from which the type, the codec of the manifest, the defaults and the names of the command line's options are derived.
 * A new option is a row here and a row in runner/cli/job-options.ts, which says how people give it.
 */
import { maxFailed } from './max-failed.js';
import {
  either,
  type Fields,
  integer,
  just,
  number,
  object,
  oneOf,
  type Optional,
  optional,
  record,
  type Shape,
  text,
} from './shape.js';

/** More of a name or a sentence helps nobody. */
export const NAME_CHARACTERS = 1_024;
/** A system takes this much for one argument or one variable (Linux: 128 KiB). */
export const ARGUMENT_CHARACTERS = 128 * 1024;
const MOST_VARIABLES = 10_000;
const MOST_WORKERS = 1_000_000;
const MOST_SLOTS = 100_000;
/** More processes than this on a GPU slow each other down. */
export const MOST_SLOTS_PER_GPU = 64;
/** A year: no option asks for so long. */
const MOST_SECONDS = 366 * 86_400;
/** Long enough for the slowest item of ordinary models, short enough that a hung slot costs minutes, not hours. */
const DEFAULT_ITEM_TIMEOUT_SECONDS = 300;

const variables = record(text(ARGUMENT_CHARACTERS), { name: text(NAME_CHARACTERS, /^[^=\0]+$/), most: MOST_VARIABLES });

interface Row<Codec extends Shape<unknown> | Optional<unknown>> {
  /** The option of `spotpool run` and `spotpool submit`, by which messages name it. */
  readonly flag: `--${string}`;
  readonly codec: Codec;
  /** The value of a job that was submitted without the option; it is absent from the manifest when there is no default. */
  readonly default?: Codec extends Shape<infer Value> ? Value : never;
  /** Messages do not show the value, because it may be a secret. */
  readonly hidden?: true;
}

const row = <const Codec extends Shape<unknown> | Optional<unknown>>(
  flag: Row<Codec>['flag'],
  codec: Codec,
  more: Pick<Row<Codec>, 'default' | 'hidden'> = {},
): Row<Codec> => ({ flag, codec, ...more });

export const JOB_OPTIONS = {
  /** The job's own maximum of instances; the stack's maximum counts when it is absent. */
  maxWorkers: row('--max-workers', optional(integer(1, MOST_WORKERS))),
  /** Slots on each worker; `cpus` is one per virtual CPU of the instance, `auto` is what the worker measures (core/batch/slot-shape.ts). */
  slots: row('--slots', either(integer(1, MOST_SLOTS), oneOf<'cpus' | 'auto'>({ cpus: true, auto: true })), {
    default: 'auto',
  }),
  /** Slots on each GPU of an instance, where the number of slots is left to the worker; no effect on instances without GPUs. */
  slotsPerGpu: row('--slots-per-gpu', optional(integer(1, MOST_SLOTS_PER_GPU))),
  /** Slices that one slot works on at once. */
  concurrency: row('--concurrency', either(integer(1, MOST_SLOTS), oneOf<'auto'>({ auto: true })), { default: 'auto' }),
  /** After this many attempts a batch is given up. */
  maxAttempts: row('--max-attempts', integer(1, MOST_SLOTS), { default: 3 }),
  /** A slot that makes no progress on an item for this long is rebuilt. */
  itemTimeoutSeconds: row('--item-timeout', number(0, MOST_SECONDS), { default: DEFAULT_ITEM_TIMEOUT_SECONDS }),
  /** A model that is not ready by then is not loaded any further; the worker's own limit counts when it is absent. */
  loadTimeoutSeconds: row('--load-timeout', optional(number(0, MOST_SECONDS))),
  /** NaN and the infinities in answers of JavaScript and Python models are written as null; when it is absent, such an item fails. */
  nan: row('--nan', optional(just('null'))),
  /** Variables of the model's environment. */
  env: row('--env', variables, { default: {}, hidden: true }),
  /** Variables of the model's environment whose values are secrets. The manifest holds their ARNs, never the values. */
  secrets: row('--secret', optional(variables), { hidden: true }),
  /** The job fails once it has used more instance-hours, so that the fleet is parked. */
  maxInstanceHours: row('--max-instance-hours', optional(number(0, Number.MAX_SAFE_INTEGER))),
  /** The job fails as soon as more of its items have failed. */
  maxFailed: row('--max-failed', optional(maxFailed)),
} as const;

type Rows = typeof JOB_OPTIONS;
export type JobOptionName = keyof Rows;

type ValueOf<Codec> = Codec extends Optional<infer Value> ? Value : Codec extends Shape<infer Value> ? Value : never;

type OptionalName = {
  [Name in JobOptionName]: Rows[Name]['codec'] extends Optional<unknown> ? Name : never;
}[JobOptionName];

export type JobOptions = {
  readonly [Name in Exclude<JobOptionName, OptionalName>]: ValueOf<Rows[Name]['codec']>;
} & {
  readonly [Name in OptionalName]?: ValueOf<Rows[Name]['codec']>;
};

export const JOB_OPTION_NAMES = Object.keys(JOB_OPTIONS) as readonly JobOptionName[];

export const jobOptionCodecs = Object.fromEntries(
  JOB_OPTION_NAMES.map((name) => [name, JOB_OPTIONS[name].codec]),
) as unknown as Fields<JobOptions>;

/** The codec of the manifest's options. */
export const jobOptions: Shape<JobOptions> = object<JobOptions>(jobOptionCodecs);

export const DEFAULT_JOB_OPTIONS = Object.fromEntries(
  JOB_OPTION_NAMES.flatMap((name) => ('default' in JOB_OPTIONS[name] ? [[name, JOB_OPTIONS[name].default]] : [])),
) as unknown as JobOptions;

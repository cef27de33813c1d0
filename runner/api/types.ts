/**
 * The types of the programs' API: `import { openStack, submit, follow, results, record } from 'spotpool'`.
 *
 * Invariant: this file imports nothing but types of core/ and display/, so that a consumer's compiler needs neither Node's types nor those of the SDK. A
 * model module that imports the types of models is such a consumer.
 */
import type { JobOptions } from '../../core/contract/job-options.js';
import type { MaxFailed } from '../../core/contract/max-failed.js';
import type { JobRecord } from '../../core/record/job-record.js';
import type { RunEvent } from '../display/events.js';

export interface CallOptions {
  /** Stops the call, which then rejects with the signal's reason. A job that was submitted goes on. */
  readonly signal?: AbortSignal;
}

export interface OpenOptions extends CallOptions {
  /** Use the local cloud that `spotpool local up` has started. */
  readonly local?: boolean;
  /** Use the stack of this file: the outputs of a deploy, or what `spotpool local up --json` printed. */
  readonly stack?: string;
  /** The name of the stack, when the file has several. */
  readonly name?: string;
  /** The region, when neither the file nor the environment names it. */
  readonly region?: string;
}

/** A stack to which jobs are submitted. It holds nothing open, so it need not be closed. */
export interface Stack {
  readonly name: string;
  readonly region: string;
  /** The bucket that holds the jobs. */
  readonly bucket: string;
  /** The endpoint of a local cloud or an emulator. Absent on AWS. */
  readonly endpoint?: string;
}

/** A value that JSON can express. Its numbers are finite. */
export type JsonValue =
  null | boolean | number | string | readonly JsonValue[] | { readonly [name: string]: JsonValue };

/** The options of a job, as `spotpool submit` has them. Each is optional but the model. */
export interface JobSettings {
  /** A TypeScript or JavaScript module, a Python file (`model.py`, or `model.py:Name`), a directory, or a command. */
  readonly model: string;
  /** Ship these directories or files with the model. */
  readonly files?: readonly string[];
  /** The command of `model` is a filter: it reads a line for each item and prints a line for each. */
  readonly perLine?: boolean;
  /** Install the Python packages that this file names. The default is the file beside a Python model. */
  readonly requirements?: string;
  /** Where instances get Python packages from. The default is the stack's bucket. */
  readonly wheels?: 'bucket' | 'index';
  /** A file or folder that is shipped beside the model, or `s3://bucket/prefix/`. */
  readonly weights?: string;
  /** A command that runs once on each instance before the model first loads. */
  readonly setup?: string;
  /** Ship these paths of the model's directory even if they look like secrets or are ignored. */
  readonly ship?: readonly string[];
  /** Ship the targets of links that lead out of the model's directory, the weights or a folder of items. */
  readonly followLinks?: boolean;
  /** Ship native files for other machines than the fleet's, too. */
  readonly anyPlatform?: boolean;

  /** Read only these columns of Parquet. */
  readonly columns?: readonly string[];
  /** Submit so many items at random from all over the dataset. */
  readonly sample?: number;
  /** The seed of the sample. */
  readonly seed?: number;
  /** Submit only the first items. */
  readonly limit?: number;
  /** Refuse the dataset when a line cannot be read. By default such a line is a failed item. */
  readonly strict?: boolean;
  /** The format of the dataset. By default its first bytes and its name decide. */
  readonly format?: 'jsonl' | 'json' | 'csv' | 'tsv' | 'text' | 'parquet' | 'files';
  /** The character between the columns of a CSV file, or `tab`. */
  readonly delimiter?: string;
  /** The field that holds the id of an item. */
  readonly idField?: string;
  /** The fields that are written into the results. */
  readonly keep?: readonly string[];
  /** With `string`, integers beyond 2^53 of JSON Lines are submitted as strings. */
  readonly bigIntegers?: 'keep' | 'string';

  /** The id of the job. The same id continues a submission that broke off. */
  readonly id?: string;
  /** A name for people. It may be used again. */
  readonly name?: string;
  /** The items of a batch. */
  readonly batchSize?: number | 'auto';
  /** The most bytes of a batch. */
  readonly batchBytes?: number;
  /** False submits without trying the model on this machine first. */
  readonly try?: boolean;

  /** The most instances for this job. */
  readonly maxWorkers?: number;
  /** The models that each instance loads. */
  readonly slots?: JobOptions['slots'];
  /** The models that each GPU loads, instead of `slots`. */
  readonly slotsPerGpu?: number;
  /** The slices that a slot works on at once. */
  readonly concurrency?: JobOptions['concurrency'];
  /** Give a batch up after so many attempts. */
  readonly maxAttempts?: number;
  /** Rebuild a slot whose item takes longer. */
  readonly itemTimeoutSeconds?: number;
  /** The time that a model has to load. */
  readonly loadTimeoutSeconds?: number;
  /** Write null for NaN and Infinity in answers. By default such an item fails. */
  readonly nan?: 'null';
  /** Variables of the model's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Variables of the model's environment, each with the ARN of a secret of AWS Secrets Manager. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** The job fails after so many instance-hours. */
  readonly maxInstanceHours?: number;
  /** The job fails as soon as more of its items have failed: a number, or a share such as `5%`. */
  readonly maxFailed?: MaxFailed;
}

/** The items of a job: a dataset that is stored somewhere, or the values themselves. */
export type JobItems =
  | {
      /** Files, folders, globs, `s3://bucket/key` and `s3://bucket/prefix/`, as on the command line. */
      readonly dataset: string | readonly string[];
      readonly items?: never;
    }
  | {
      /** The items themselves. They are read once, as a stream. */
      readonly items: Iterable<JsonValue> | AsyncIterable<JsonValue>;
      /** The name of the dataset, for people. The default is `items`. */
      readonly datasetName?: string;
      readonly dataset?: never;
    };

export type JobRequest = JobSettings & JobItems;

type EventNamed<Name extends RunEvent['event']> = Extract<RunEvent, { readonly event: Name }>;

/** A submission reports these before the job is submitted. */
export type SubmitEvent = EventNamed<'uploading' | 'weights' | 'files' | 'enqueueing' | 'happened'>;

/** An event while a job is followed. These are the lines of `spotpool watch --json`, and each has its time in `at`. */
export type JobEvent = { readonly at: string } & EventNamed<
  'following' | 'progress' | 'happened' | 'ended' | 'waiting-for-zero' | 'summary'
>;

export interface SubmitOptions extends CallOptions {
  readonly onEvent?: (event: SubmitEvent) => void;
}

/** A submitted job. It is all that other calls need, as its id alone is. */
export interface SubmittedJob {
  readonly job: string;
  readonly dataset: string;
  readonly model: string;
  readonly items: number;
  /** The lines of the dataset that cannot be read. Each is a failed item. */
  readonly badItems: number;
  readonly batches: number;
  /** The same job was submitted before, and this submission has continued it. */
  readonly continued: boolean;
  /** False when the stack has no controller of its own. Then its fleet grows only while somebody follows the job. */
  readonly controlled: boolean;
}

export type JobName = string | { readonly job: string };

export interface ResultsOptions extends CallOptions {
  /** Only the items that are ok, or only those that failed. */
  readonly only?: 'ok' | 'failed';
  /** While the job runs, also the items that workers have saved of unfinished batches. */
  readonly partial?: boolean;
  /** Each line has the item itself. */
  readonly withInput?: boolean;
  /** Each line has the file that the item is from, and its row there. */
  readonly withSource?: boolean;
  /** False leaves out ids and kept fields. */
  readonly ids?: boolean;
  /** Each line names the job that computed it: the job itself or one of its reruns. */
  readonly jobOfLine?: boolean;
}

interface LinePlace<Input> {
  /** The position of the item in the dataset. */
  readonly index: number;
  /** The id of the item, where the dataset has ids. */
  readonly id?: string | number;
  /** The kept fields of the item. */
  readonly kept?: Readonly<Record<string, unknown>>;
  readonly input?: Input;
  readonly source?: { readonly file: string; readonly row: number };
  readonly job?: string;
  /** The line as `spotpool results` writes it. Its numbers have all digits, which a JavaScript number may lack. */
  readonly json: string;
}

/** The result of an item. */
export type ResultLine<Output = unknown, Input = unknown> = LinePlace<Input> &
  (
    | { readonly ok: true; readonly output: Output; readonly error?: never }
    | {
        readonly ok: false;
        readonly error: { readonly code: string; readonly message: string };
        readonly output?: never;
      }
  );

/** The functions of the package. runner/spotpool.ts says what each does. */
export interface Api {
  readonly openStack: (options?: OpenOptions) => Promise<Stack>;
  readonly submit: (stack: Stack, request: JobRequest, options?: SubmitOptions) => Promise<SubmittedJob>;
  readonly follow: (stack: Stack, job: JobName, options?: CallOptions) => AsyncGenerator<JobEvent, void, undefined>;
  readonly results: <Output = unknown, Input = unknown>(
    stack: Stack,
    job: JobName,
    options?: ResultsOptions,
  ) => AsyncGenerator<ResultLine<Output, Input>, void, undefined>;
  readonly record: (stack: Stack, job: JobName, options?: CallOptions) => Promise<JobRecord>;
}

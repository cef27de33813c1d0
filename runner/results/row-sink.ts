/**
 * The parts of an output of results. A form encodes rows as the bytes of a file; a byte output (byte-output.ts) takes these bytes to a file or a
 * stream; a sink joins the two, or cuts the rows into several files.
 */
import type { ResultRow } from '../../core/contract/result-row.js';

export interface Placed {
  /** The path to which earlier results of another job were moved. */
  readonly movedTo?: string;
}

/** Says what the rows are, as seen when all are written. It stands beside the output. */
export interface OutputFacts {
  /** Items of the job are missing, so a later output of the same job has more. */
  readonly partial: boolean;
  /** The output has only the items of this kind. */
  readonly only?: 'ok' | 'failed';
}

export const WHOLE: OutputFacts = { partial: false };

/** Takes rows in dataset order. */
export interface RowSink {
  write(rows: readonly ResultRow[]): Promise<void>;
  /** Takes result lines as the outcomes hold them. Present when the output is exactly these lines. */
  readonly writeLines?: (lines: Uint8Array) => Promise<void>;
  /** Completes the output after the last write. */
  finish(facts: OutputFacts): Promise<Placed>;
  /** Removes an incomplete output after an error. */
  discard(): Promise<void>;
}

/** Encodes the rows of one file. It may hold rows back, in bounded memory. */
export interface RowEncoder {
  /** Returns the bytes that are ready. */
  encode(rows: readonly ResultRow[]): Promise<readonly Uint8Array[]>;
  /** Returns the rest of the file. */
  end(): Promise<readonly Uint8Array[]>;
}

/** A form of results. Each file, and each part of an output, gets an encoder of its own. */
export interface RowForm {
  readonly encoder: () => RowEncoder;
  /** The file is exactly the result lines of the outcomes, so they need not become rows. */
  readonly isLines?: true;
}

/** A form that depends on all rows, such as a table with a column for each field. It sees every row once before the first is written. */
export interface FormSurvey {
  look(rows: readonly ResultRow[]): void;
  form(): RowForm;
  /** Describes the columns that were found, in a line. */
  readonly describe?: () => string;
}

/** The columns that stand beside each outcome. */
export interface RowColumns {
  readonly hasId: boolean;
  /** The names of the kept fields, in their order. */
  readonly keep: readonly string[];
  readonly hasInput: boolean;
  readonly hasSource: boolean;
  /** Each row names the job that computed it. */
  readonly hasJob?: boolean;
}

export const PLAIN_COLUMNS: RowColumns = { hasId: false, keep: [], hasInput: false, hasSource: false };

/** One broken model of the tables, and the sentence with which `spotpool try` finds it. */
import type { FaultKind, Reach } from '../../core/probe/fault-kinds.js';

export interface BrokenModel {
  readonly name: string;
  readonly files: Readonly<Record<string, string | Buffer>>;
  /** The files that are executable. */
  readonly executable?: readonly string[];
  /** The value of `--model`, and further options. */
  readonly model: string;
  readonly options?: readonly string[];
  /** Standard error or the report must say this. */
  readonly says: RegExp;
  /** The report for people must say this beside that sentence. It costs a second trial. */
  readonly shows?: RegExp;
  /** Absent when the model cannot even be packed. */
  readonly kind?: FaultKind;
  readonly reach?: Reach;
  /** It waits for a time limit, or needs much memory. */
  readonly slow?: true;
}

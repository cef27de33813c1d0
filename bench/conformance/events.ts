/** What the suite's run (reporter.ts) tells who started it (run-suite.ts): a JSON line each, so that a run that is cut short still counts. */

/** Names the file that the reporter appends to. */
export const EVENTS_FILE = 'CONFORMANCE_EVENTS';

/** Names a folder that goes when the run has ended, however it did: a suite that is interrupted removes nothing itself. */
export const SUITE_FOLDER = 'CONFORMANCE_FOLDER';

export interface TestId {
  /** `sqs`, `s3`, …: the folder below test/conformance/. */
  readonly service: string;
  readonly file: string;
  /** The outermost describe's words. */
  readonly feature: string;
  readonly name: string;
}

export type SuiteEvent =
  | { readonly kind: 'found'; readonly test: TestId }
  | {
      readonly kind: 'result';
      readonly test: TestId;
      readonly state: 'passed' | 'failed' | 'skipped';
      readonly error?: string;
      /** Why it was skipped, if it says so. */
      readonly note?: string;
    }
  /** Outside of any test: in a hook, or while it was loaded. */
  | { readonly kind: 'file-failed'; readonly service: string; readonly file: string; readonly error: string };

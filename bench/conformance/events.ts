/**
 * Events that a run of the suite (reporter.ts) reports to its starter (run-suite.ts). Each is a JSON line, so that
 * a run that is cut short still counts.
 */

/** Names the file that the reporter appends to. */
export const EVENTS_FILE = 'CONFORMANCE_EVENTS';

/** Names a folder that is removed after the run, however it ended: an interrupted suite does not clean up itself. */
export const SUITE_FOLDER = 'CONFORMANCE_FOLDER';

export interface TestId {
  /** `sqs`, `s3`, …: the folder below test/conformance/. */
  readonly service: string;
  readonly file: string;
  /** The title of the outermost describe block. */
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
      /** The reason for skipping the test, if the test gives one. */
      readonly note?: string;
    }
  /** A failure outside of any test: in a hook, or while the file was loaded. */
  | { readonly kind: 'file-failed'; readonly service: string; readonly file: string; readonly error: string };

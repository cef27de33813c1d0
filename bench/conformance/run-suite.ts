/** Runs test/conformance/, or another suite, once against one endpoint, in a vitest process of its own. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { definedFields } from '../../core/defined-fields.js';
import { startGroup } from '../support/process-group.js';
import { EVENTS_FILE, SUITE_FOLDER, type SuiteEvent } from './events.js';
import { type FeatureResult, type SuiteResult, tally } from './tally.js';

export interface SuiteTarget {
  readonly endpoint: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

export interface SuiteOptions {
  /** Folders of test/conformance/, or other filters of vitest. */
  readonly filters: readonly string[];
  readonly limitMs: number;
  /** A project of vitest.config.ts; the default is the conformance suite. */
  readonly project?: string;
  /** A configuration file without projects, instead of a project. */
  readonly config?: string;
  /** The project's folder; the default is the working directory. */
  readonly root?: string;
  /** Environment variables of the suite, in addition to those of the target. */
  readonly env?: Readonly<Record<string, string>>;
  readonly vitestArgs?: readonly string[];
  /**
   * True if no test may fail. Then vitest must not fail either, as it does when the shared setup cannot be torn
   * down, or an error belongs to no test.
   */
  readonly mustEndWell?: boolean;
}

/** Its message is vitest's own output. */
export class SuiteDidNotRun extends Error {
  override readonly name = 'SuiteDidNotRun';
}

export async function runSuite(target: SuiteTarget, options: SuiteOptions): Promise<SuiteResult> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'spotpool-conformance-'));
  // A stopped process may still be writing its last files.
  const clear = (): void => rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  process.once('exit', clear);
  const eventsFile = path.join(folder, 'events.jsonl');
  const vitest = startGroup({
    file: process.execPath,
    args: [
      'node_modules/vitest/vitest.mjs',
      'run',
      options.config === undefined ? `--project=${options.project ?? 'conformance'}` : `--config=${options.config}`,
      '--reporter=./bench/conformance/reporter.ts',
      '--passWithNoTests',
      ...(options.vitestArgs ?? []),
      ...options.filters,
    ],
    ...definedFields({ cwd: options.root }),
    env: {
      ...options.env,
      ENDPOINT: target.endpoint,
      AWS_ACCESS_KEY_ID: target.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: target.credentials.secretAccessKey,
      [EVENTS_FILE]: eventsFile,
      [SUITE_FOLDER]: folder,
    },
  });
  const deadlineMs = Date.now() + options.limitMs;
  while (!vitest.hasEnded() && Date.now() < deadlineMs) await delay(100);
  const wasCut = !vitest.hasEnded();
  await vitest.stop();
  const lines = existsSync(eventsFile) ? readFileSync(eventsFile, 'utf8').trimEnd().split('\n') : [];
  clear();
  const events = lines.map((line) => JSON.parse(line) as SuiteEvent);
  if (events.length === 0) {
    if (vitest.child.exitCode === 0) return []; // No file matches the filters.
    throw new SuiteDidNotRun(vitest.output());
  }
  const result = tally(events, wasCut ? `not reached within ${options.limitMs / 60_000} minutes` : 'not run');
  const hasFailed = result.some(({ failures }) => failures.length > 0);
  const endedWell = vitest.child.exitCode === 0 && !vitest.output().includes(NOT_CLOSED);
  return hasFailed || endedWell || options.mustEndWell !== true ? result : [...result, endedBadly(vitest.output())];
}

/** Vitest prints this when the shared setup cannot be torn down; its exit code is 0 even so. */
const NOT_CLOSED = 'error during close';
const MOST_OUTPUT_LINES = 20;

function endedBadly(output: string): FeatureResult {
  const reason = output.trim().split('\n').slice(-MOST_OUTPUT_LINES).join('\n');
  const failures = [{ test: 'ends well', reason }];
  return { service: '', feature: 'the suite as a whole', passed: 0, failures, skipped: 0 };
}

/** Runs the two suites against an emulator and summarizes the results. */
import { runSuite, SuiteDidNotRun, type SuiteOptions } from '../conformance/run-suite.js';
import type { FeatureResult, SuiteResult } from '../conformance/tally.js';
import type { Found } from './find.js';

export const REGION = 'us-east-1';
/** The suite takes two to three minutes on two cores; tests that it has not reached by then count as failed. */
const CONFORMANCE_LIMIT_MS = 420_000;
/** The suite takes three minutes on two idle cores, and ten on a very busy machine. */
const END_TO_END_LIMIT_MS = 900_000;
/** Emulators are slower than the local cloud, on a busy machine much slower; each test that hangs costs this much. */
const TEST_TIMEOUT_MS = 20_000;
const MOST_OUTPUT_LINES = 25;

/**
 * The environment that tells test/emulators/ and test/conformance/ about the emulator. EMULATOR_ORIGIN is one of
 * `given`, `running`, `docker` and `host`: LocalStack runs functions only in a container.
 */
export const environmentOf = ({
  emulator,
  version,
  origin,
  endpoint,
  credentials,
}: Found): Readonly<Record<string, string>> => ({
  EMULATOR: emulator.name,
  EMULATOR_VERSION: version,
  EMULATOR_ORIGIN: origin,
  ENDPOINT: endpoint,
  AWS_ACCESS_KEY_ID: credentials.accessKeyId,
  AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  AWS_REGION: REGION,
});

export const runConformance = (found: Found, filters: readonly string[]): Promise<SuiteResult> =>
  orWhy(
    'conformance',
    runSuite(found, {
      filters,
      limitMs: CONFORMANCE_LIMIT_MS,
      env: environmentOf(found),
      vitestArgs: [`--testTimeout=${TEST_TIMEOUT_MS}`],
    }),
  );

export const runEndToEnd = (
  found: Found,
  filters: readonly string[],
  more: Pick<SuiteOptions, 'root' | 'vitestArgs'> = {},
): Promise<SuiteResult> =>
  orWhy(
    'end-to-end',
    runSuite(found, {
      filters,
      limitMs: END_TO_END_LIMIT_MS,
      project: 'emulators',
      mustEndWell: true,
      ...more,
      env: environmentOf(found),
    }),
  );

/** A suite that could not begin counts as one failure, with its reason. */
async function orWhy(service: string, run: Promise<SuiteResult>): Promise<SuiteResult> {
  try {
    return await run;
  } catch (error) {
    if (!(error instanceof SuiteDidNotRun)) throw error;
    const reason = error.message.trim().split('\n').slice(-MOST_OUTPUT_LINES).join('\n');
    const failed: FeatureResult = {
      service,
      feature: 'the suite itself',
      passed: 0,
      failures: [{ test: 'starts', reason }],
      skipped: 0,
    };
    return [failed];
  }
}

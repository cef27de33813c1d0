/** Runs the two suites on an emulator, and returns their results. */
import { runSuite, SuiteDidNotRun, type SuiteOptions } from '../conformance/run-suite.js';
import type { FeatureResult, SuiteResult } from '../conformance/tally.js';
import type { Found } from './find.js';

export const REGION = 'us-east-1';
/** The suite takes two to three minutes on two cores. A test that has not run by then counts as failed. */
const CONFORMANCE_LIMIT_MS = 420_000;
/** The suite takes three minutes on two idle cores, and ten on a very busy machine. */
const END_TO_END_LIMIT_MS = 900_000;
/** Emulators are slower than the local cloud, and much slower on a busy machine. Each test that hangs costs this time. */
const TEST_TIMEOUT_MS = 20_000;
const MOST_OUTPUT_LINES = 25;

/**
 * Returns the variables by which test/emulators/ and test/conformance/ know the emulator. EMULATOR_ORIGIN is `given`, `running`, `docker` or
 * `host`. LocalStack runs functions only in a container.
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
  orFailure(
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
  orFailure(
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

/** Turns a suite that could not start into one failed test, with the reason. */
async function orFailure(service: string, run: Promise<SuiteResult>): Promise<SuiteResult> {
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

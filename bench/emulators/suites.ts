/** How the two suites are run against an emulator that was found. */
import type { Found } from './find.js';

export const REGION = 'us-east-1';

/**
 * What test/emulators/ and test/conformance/ know of the emulator. EMULATOR_ORIGIN is one of `given`, `running`, `docker` and
 * `host`: only in a container does LocalStack run functions.
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

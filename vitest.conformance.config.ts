/** The suite that runs against any endpoint: `npm run conformance` (bench/conformance/). `npm test` runs it too, on local clouds. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/conformance/**/*.test.ts'],
    maxWorkers: 2,
    // An endpoint that hangs must not hold up the rest for long; no test waits longer than a few seconds by itself.
    testTimeout: 10_000,
    hookTimeout: 10_000,
    teardownTimeout: 5_000,
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
  },
});

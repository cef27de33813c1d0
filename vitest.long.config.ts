/** The suites that are too long, or need too much, for `npm test`: `npm run test:long`. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/long/**/*.test.ts', 'test/e2e/permissions.test.ts'],
    maxWorkers: 1,
    testTimeout: 1_200_000,
    hookTimeout: 120_000,
    setupFiles: ['test/support/leaks.ts'],
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
  },
});

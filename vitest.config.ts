import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/long/**'],
    // Real processes on two cores: more files at once only make each other late.
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 30_000,
    setupFiles: ['test/support/leaks.ts'],
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
  },
});

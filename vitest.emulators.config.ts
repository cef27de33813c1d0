/** The end-to-end suite on an emulator that others wrote: `npm run test:localstack`, `npm run test:moto` (test/emulators/support/emulator.ts says how by hand). */
import { fileURLToPath } from 'node:url';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { defineConfig } from 'vitest/config';

/** By name: the file that takes the stack down is the last one. */
class ByName extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return files.sort((a, b) => a.moduleId.localeCompare(b.moduleId));
  }
}

export default defineConfig({
  // Examples import the package by its name, as users do.
  resolve: { alias: { 'spotpool/local': fileURLToPath(new URL('dist/local/api.js', import.meta.url)) } },
  test: {
    // The example says that it runs here too.
    include: ['test/emulators/**/*.test.ts', 'examples/vitest/anywhere.test.ts'],
    // One stack, and so one queue: its jobs come one after another.
    maxWorkers: 1,
    fileParallelism: false,
    sequence: { sequencer: ByName },
    globalSetup: ['test/emulators/support/global-setup.ts'],
    setupFiles: ['test/support/leaks.ts'],
    testTimeout: 120_000,
    hookTimeout: 60_000,
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
  },
});

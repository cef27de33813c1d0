import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The long ones first: an end-to-end file that starts last would be waited for alone. */
class EndToEndFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => (moduleId.includes('/test/e2e/') ? 0 : 1);
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}

export default defineConfig({
  // Examples import the package by its name, as users do.
  resolve: { alias: { 'spotpool/local': fileURLToPath(new URL('dist/local/api.js', import.meta.url)) } },
  test: {
    include: ['test/**/*.test.ts', 'examples/**/*.test.ts'],
    // The second needs an emulator; the third is long too: a whole pool's life, call by call.
    exclude: ['test/long/**', 'test/emulators/**', 'test/e2e/permissions.test.ts'],
    // The end-to-end tests wait more than they compute; more files at once would only make each other late.
    maxWorkers: 3,
    // Half of the processor time went into loading the SDK and the CDK anew for each file; support/leaks.ts sees what a test leaves to the next.
    isolate: false,
    sequence: { sequencer: EndToEndFirst },
    // On a busy machine an end-to-end test takes several times as long as alone; what hangs is seen all the same.
    testTimeout: 240_000,
    hookTimeout: 60_000,
    setupFiles: ['test/support/leaks.ts'],
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
  },
});

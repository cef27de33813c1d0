/**
 * All suites, a project each: `npx vitest run --project unit test/core`. `npm test` runs `unit`; the scripts of package.json run the others.
 */
import { fileURLToPath } from 'node:url';
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files of the emulators' suite run by name, since the last of them takes the stack down. Elsewhere the long end-to-end files start first. */
class InOrder extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isOfEmulators = ({ project }: TestSpecification): boolean => project.name === 'emulators';
    const rank = (file: TestSpecification): number =>
      isOfEmulators(file) ? 2 : file.moduleId.includes('/test/e2e/') ? 0 : 1;
    const inOrder = (a: TestSpecification, b: TestSpecification): number =>
      isOfEmulators(a) && isOfEmulators(b) ? a.moduleId.localeCompare(b.moduleId) : rank(a) - rank(b);
    return (await super.sort(files)).sort(inOrder);
  }
}

// Examples import the package by its name, as users do.
const resolve = { alias: { 'spotpool/local': fileURLToPath(new URL('dist/local/api.js', import.meta.url)) } };
const env = { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' };
const setupFiles = ['test/support/leaks.ts'];

/** These files stand beside what they test, and each takes 20 seconds or more: they follow a whole pool's life, a function's, or a benchmark's. */
const ALSO_LONG = [
  'test/e2e/permissions.test.ts',
  'test/e2e/controller-function.test.ts',
  'test/e2e/teardown.test.ts',
  'test/e2e/dead-man-switch.test.ts',
  'test/bench/throughput/sections.test.ts',
  'test/emulator/wiring/host.test.ts',
];

const unit: TestProjectInlineConfiguration = {
  resolve,
  test: {
    name: 'unit',
    include: ['test/**/*.test.ts', 'examples/**/*.test.ts'],
    exclude: ['test/long/**', 'test/nightly/**', 'test/emulators/**', ...ALSO_LONG],
    // The end-to-end tests wait more than they compute; more files at once would only make each other late.
    maxWorkers: 3,
    // Half of the processor time went into loading the SDK and the CDK anew for each file; support/leaks.ts sees what a test leaves to the next.
    isolate: false,
    // On a busy machine an end-to-end test takes several times as long as alone; a test that hangs is still seen.
    testTimeout: 240_000,
    hookTimeout: 60_000,
    setupFiles,
    env,
  },
};

/** The suites that take too long for `npm test`, or need too much: `npm run test:long`. */
const long: TestProjectInlineConfiguration = {
  resolve,
  test: {
    name: 'long',
    include: ['test/long/**/*.test.ts', ...ALSO_LONG],
    maxWorkers: 1,
    testTimeout: 1_200_000,
    hookTimeout: 120_000,
    setupFiles,
    env,
  },
};

/** The suites for which a change does not wait: `npm run nightly`. docs/reports/nightly.md has their last result. */
const nightly: TestProjectInlineConfiguration = {
  resolve,
  test: {
    ...long.test,
    name: 'nightly',
    include: ['test/nightly/**/*.test.ts', 'test/long/large-dataset.test.ts'],
    env: { ...env, LARGE_DATASET_GB: '5' },
  },
};

/** The suite that runs against any endpoint: `npm run conformance` (bench/conformance/). `npm test` runs it on local clouds, too. */
const conformance: TestProjectInlineConfiguration = {
  test: {
    name: 'conformance',
    include: ['test/conformance/**/*.test.ts'],
    maxWorkers: 2,
    // An endpoint that hangs must not hold up the rest for long; no test waits longer than a few seconds by itself.
    testTimeout: 10_000,
    hookTimeout: 10_000,
    env,
  },
};

/** The end-to-end suite on an emulator that others wrote: `npm run test:localstack`, `npm run test:moto` (test/emulators/support/emulator.ts). */
const emulators: TestProjectInlineConfiguration = {
  resolve,
  test: {
    name: 'emulators',
    // The example says that it runs on an emulator as well.
    include: ['test/emulators/**/*.test.ts', 'examples/vitest/anywhere.test.ts'],
    // There is one stack, and so one queue: its jobs come one after another.
    maxWorkers: 1,
    fileParallelism: false,
    globalSetup: ['test/emulators/support/global-setup.ts'],
    testTimeout: 120_000,
    hookTimeout: 60_000,
    setupFiles,
    env,
  },
};

export default defineConfig({
  test: { projects: [unit, long, nightly, conformance, emulators], sequence: { sequencer: InOrder } },
});

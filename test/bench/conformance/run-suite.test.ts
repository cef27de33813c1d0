import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import { runSuite } from '../../../bench/conformance/run-suite.js';

const TARGET = { endpoint: 'http://127.0.0.1:1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } };
const options = {
  filters: [],
  limitMs: 60_000,
  config: 'test/bench/emulators/fixtures/ends-badly/vitest.config.ts',
};

it(
  'a suite whose tests pass and which cannot clean up has failed, where nothing may; what it left goes',
  { timeout: 60_000 },
  async () => {
    const result = await runSuite(TARGET, { ...options, mustEndWell: true });
    expect(result.map(({ passed }) => passed)).toEqual([1, 0]);
    const [failure] = result.at(-1)?.failures ?? [];
    expect(failure?.test).toBe('ends well');
    const [, folder = ''] = /taken down: \[(.+)\]/.exec(failure?.reason ?? '') ?? [];
    expect(folder).toMatch(/spotpool-conformance-/);
    expect(existsSync(folder)).toBe(false);
  },
);

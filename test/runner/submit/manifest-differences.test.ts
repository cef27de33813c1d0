import { describe, expect, it } from 'vitest';
import type { ModelSpec } from '../../../core/contract/job.js';
import { DEFAULT_JOB_OPTIONS } from '../../../core/contract/job-options.js';
import { modelDifferences } from '../../../runner/submit/manifest-differences.js';

describe('a submission under the id of another job', () => {
  const model: ModelSpec = { name: 'm', digest: 'd', start: { kind: 'command', argv: ['cat'] } };
  const weights = (name: string, digest: string): ModelSpec => ({
    ...model,
    weights: { name, digest: digest.repeat(64), files: 1, bytes: 1 },
  });
  const differences = (before: ModelSpec, now: ModelSpec): readonly string[] =>
    modelDifferences({ model: before, options: DEFAULT_JOB_OPTIONS }, { model: now, options: DEFAULT_JOB_OPTIONS });

  it('is another job when its weights are others, and the same when they only have another path', () => {
    expect(differences(weights('./e5', 'a'), weights('/data/e5', 'a'))).toEqual([]);
    expect(differences(weights('./e5', 'a'), weights('./e5', 'b'))).toEqual([
      'the weights differ (--weights was ./e5, now ./e5)',
    ]);
    expect(differences(weights('./e5', 'a'), model)).toEqual([
      'the weights differ (--weights was ./e5, now not given)',
    ]);
  });
});

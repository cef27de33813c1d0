import { describe, expect, it } from 'vitest';
import { localCloudArguments, localEnvironment, workerVariables } from '../../../runner/local-cloud/options.js';

describe('the options of a local cloud', () => {
  it('become the arguments of its process', () => {
    const options = {
      maxWorkers: 6,
      seed: 7,
      arriveOverMs: 8_000,
      noticeMs: 4_000,
      reclaims: [
        { afterMs: 8_000, noNotice: false },
        { afterMs: 12_000, noNotice: true },
      ],
      latency: { sqs: 10, s3: 30 },
    };
    expect(localCloudArguments(options).join(' ')).toBe(
      '--port 0 --seed 7 --arrive-over-ms 8000 --notice-ms 4000 --latency sqs=10,s3=30 ' +
        '--reclaim 8000 --reclaim 12000:no-notice --end-with-stdin',
    );
  });

  it("keep the user's AWS settings away from it", () => {
    const env = { PATH: '/bin', AWS_PROFILE: 'prod', aws_region: 'x', SPOTPOOL_BUCKET: 'b', HOME: '/home/u' };
    expect(localEnvironment(env)).toEqual({ PATH: '/bin', HOME: '/home/u' });
  });

  it('tell the worker its lease', () => {
    expect(workerVariables({ maxWorkers: 1, reclaims: [], leaseSeconds: 5 })).toEqual({ SPOTPOOL_LEASE_SECONDS: '5' });
  });
});

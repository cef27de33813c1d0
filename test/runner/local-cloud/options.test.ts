import { describe, expect, it } from 'vitest';
import { parseOptions } from '../../../local/options.js';
import { LAUNCH_DELAYS as KNOWN_DELAYS } from '../../../local/market/arrivals.js';
import {
  LAUNCH_DELAYS,
  localCloudArguments,
  localEnvironment,
  workerVariables,
} from '../../../runner/local-cloud/options.js';

describe('the options of a local cloud', () => {
  it('become the arguments of its process', () => {
    const options = {
      maxWorkers: 6,
      seed: 7,
      arriveOverMs: 8_000,
      launchDelay: 'typical',
      capacity: 3,
      rebalanceLeadMs: 500,
      noticeMs: 4_000,
      reclaims: [
        { afterMs: 8_000, noNotice: false },
        { afterMs: 12_000, noNotice: true },
        { afterMs: 60_000, noNotice: false, all: true as const },
      ],
      latency: { sqs: 10, s3: 30 },
    };
    expect(localCloudArguments(options).join(' ')).toBe(
      '--port 0 --seed 7 --arrive-over-ms 8000 --launch-delay typical --capacity 3 --notice-ms 4000 --rebalance-lead-ms 500 ' +
        '--latency sqs=10,s3=30 --reclaim 8000 --reclaim 12000:no-notice --reclaim 60000:all --end-with-stdin',
    );
  });

  it('are all known to its process', () => {
    for (const launchDelay of LAUNCH_DELAYS) {
      const options = { maxWorkers: 1, reclaims: [{ afterMs: 1, noNotice: true, all: true as const }], launchDelay };
      expect(parseOptions(localCloudArguments({ ...options, capacity: 1, rebalanceLeadMs: 1 })).launchDelay).toBe(
        launchDelay,
      );
    }
    expect(LAUNCH_DELAYS).toEqual(KNOWN_DELAYS);
  });

  it("keep the user's AWS settings away from it", () => {
    const env = { PATH: '/bin', AWS_PROFILE: 'prod', aws_region: 'x', SPOTPOOL_BUCKET: 'b', HOME: '/home/u' };
    expect(localEnvironment(env)).toEqual({ PATH: '/bin', HOME: '/home/u' });
  });

  it('tell the worker its lease, and its share of the machine', () => {
    expect(workerVariables({ maxWorkers: 4, reclaims: [] })).toEqual({ SPOTPOOL_SHARED_BY: '4' });
    expect(workerVariables({ maxWorkers: 1, reclaims: [], leaseSeconds: 5 })).toEqual({ SPOTPOOL_LEASE_SECONDS: '5' });
  });
});

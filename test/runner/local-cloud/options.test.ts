import { describe, expect, it } from 'vitest';
import { DEFAULT_OPTIONS, parseOptions } from '../../../local/options.js';
import { LAUNCH_DELAYS as KNOWN_DELAYS } from '../../../local/market/arrivals.js';
import { instanceTypeNamed } from '../../../local/market/instance-types.js';
import {
  GPU_COUNTS,
  instanceTypesOf,
  LAUNCH_DELAYS,
  type LocalCloudOptions,
  localCloudArguments,
  localEnvironment,
  workerVariables,
} from '../../../runner/local-cloud/options.js';
import { readConfig } from '../../../worker/config.js';

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

  /** The type makes a new option stand here, too. */
  const every: Required<LocalCloudOptions> = {
    port: 8_000,
    seed: 7,
    timeScale: 2,
    arriveOverMs: 1,
    launchDelay: 'long-tail',
    capacity: 3,
    noticeMs: 4,
    rebalanceLeadMs: 5,
    reclaimRate: 6,
    latency: { ec2: 8 },
    reclaims: [{ afterMs: 9, noNotice: true, all: true }],
    leaseSeconds: 10,
    maxIdleSeconds: 11,
    gpus: 4,
    maxWorkers: 12,
  };

  it('are all understood by its process, which tells each from its default', () => {
    const read = parseOptions(localCloudArguments(every));
    const changed = Object.entries(read).filter(
      ([field, value]) => value !== DEFAULT_OPTIONS[field as keyof typeof read],
    );
    expect(Object.fromEntries(changed)).toEqual({
      port: 8_000,
      seed: 7,
      timeScale: 2,
      arriveOverMs: 1,
      launchDelay: 'long-tail',
      capacity: 3,
      noticeMs: 4,
      rebalanceLeadMs: 5,
      reclaimRatePerHour: 6,
      latencyMs: { ec2: 8 },
      script: [{ kind: 'reclaim', afterMs: 9, all: true, noticeMs: null }],
      endWithStdin: true,
    });
    expect(LAUNCH_DELAYS).toEqual(KNOWN_DELAYS);
    // The fleet's instance types have the GPUs.
    const types = GPU_COUNTS.map((gpus) => instanceTypesOf({ ...every, gpus })?.map(instanceTypeNamed));
    expect(types.map((found) => found?.map((type) => type?.gpus?.count))).toEqual(GPU_COUNTS.map((count) => [count]));
  });

  it('are all understood by its workers', () => {
    const stack = { SPOTPOOL_QUEUE_URL: 'http://127.0.0.1/q', SPOTPOOL_BUCKET: 'b', AWS_REGION: 'us-east-1' };
    const read = readConfig({ ...stack, ...workerVariables(every) });
    expect(read).toMatchObject({ leaseSeconds: 10, maxIdleMs: 11_000, sharedBy: 12 });
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

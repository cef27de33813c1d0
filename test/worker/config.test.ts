import { expect, it } from 'vitest';
import { ConfigError, readConfig } from '../../worker/config.js';

const MINIMUM = { SPOTPOOL_QUEUE_URL: 'q', SPOTPOOL_BUCKET: 'b', AWS_REGION: 'r' };

it('requires a queue, a bucket and a region, and has a default for the rest', () => {
  expect(readConfig(MINIMUM)).toEqual({
    queueUrl: 'q',
    bucket: 'b',
    region: 'r',
    leaseSeconds: 20,
    maxIdleMs: 600_000,
    maxLifeMs: 86_400_000,
    sharedBy: 1,
  });
});

it('reads the variables that are set', () => {
  const environment = {
    ...MINIMUM,
    SPOTPOOL_ENDPOINT: 'http://e',
    AWS_EC2_METADATA_SERVICE_ENDPOINT: 'http://m',
    SPOTPOOL_LEASE_SECONDS: '2',
    SPOTPOOL_MAX_IDLE_SECONDS: '3',
    SPOTPOOL_MAX_LIFE_SECONDS: '4',
    SPOTPOOL_WORK_DIRECTORY: '/w',
    SPOTPOOL_SHARED_BY: '6',
  };
  expect(readConfig(environment)).toMatchObject({
    endpoint: 'http://e',
    metadataEndpoint: 'http://m',
    leaseSeconds: 2,
    maxIdleMs: 3_000,
    maxLifeMs: 4_000,
    workDirectory: '/w',
    sharedBy: 6,
  });
});

it('names the variable that is missing or wrong, and says what to do', () => {
  expect(() => readConfig({ ...MINIMUM, SPOTPOOL_BUCKET: ' ' })).toThrow(
    new ConfigError("The environment variable SPOTPOOL_BUCKET is missing: set it to the name of the stack's bucket."),
  );
  for (const wrong of ['0', '1.5', 'soon', '-1', '999999999']) {
    expect(() => readConfig({ ...MINIMUM, SPOTPOOL_LEASE_SECONDS: wrong })).toThrow(
      `SPOTPOOL_LEASE_SECONDS is "${wrong}": set it to a whole number of seconds from 1 to 3600`,
    );
  }
});

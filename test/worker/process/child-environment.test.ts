import { describe, expect, it } from 'vitest';
import { childEnvironment } from '../../../worker/process/child-environment.js';

describe('the environment of a model', () => {
  it('has the variables that programs need, those for the instance’s role, and the job’s own, and no others of the worker', () => {
    const environment = childEnvironment(
      { MODE: 'fast', LANG: 'de_DE.UTF-8' },
      {
        PATH: '/bin',
        HOME: '/root',
        AWS_REGION: 'eu-west-1',
        AWS_EC2_METADATA_SERVICE_ENDPOINT: 'http://127.0.0.1:1',
        AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://127.0.0.1:1/role',
        AWS_SECRET_ACCESS_KEY: 'secret',
        SPOTPOOL_QUEUE_URL: 'queue',
      },
    );
    expect(environment).toMatchObject({
      PATH: '/bin',
      LANG: 'de_DE.UTF-8',
      AWS_REGION: 'eu-west-1',
      AWS_EC2_METADATA_SERVICE_ENDPOINT: 'http://127.0.0.1:1',
      AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://127.0.0.1:1/role',
      MODE: 'fast',
    });
    expect(Object.keys(environment)).not.toContain('HOME');
    expect(Object.keys(environment)).not.toContain('AWS_SECRET_ACCESS_KEY');
    expect(Object.keys(environment)).not.toContain('SPOTPOOL_QUEUE_URL');
  });

  it('has a path where the worker has none', () => {
    expect(childEnvironment({}, {})['PATH']).toContain('/usr/bin');
  });

  it('never has the home or the temporary folder of the machine', () => {
    const machine = { HOME: '/home/me', TMPDIR: '/tmp/me', XDG_CACHE_HOME: '/home/me/.cache', HF_HOME: '/home/me/hf' };
    expect(Object.values(childEnvironment({}, machine)).filter((value) => /\/me\b/.test(value))).toEqual([]);
  });
});

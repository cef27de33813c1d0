import { execFileSync, spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { localUserData, shellQuote } from '../../../runner/local-cloud/user-data.js';

const options = {
  queueUrl: 'http://127.0.0.1:1/q',
  bucket: 'b',
  region: 'us-east-1',
  endpoint: 'http://127.0.0.1:1',
  nodePath: '/bin/echo',
  workerPath: "/it's a/path with $HOME and `ticks`/worker.mjs",
  lastWordsPath: "/it's a/path/last-words.mjs",
};

describe('the user data of a local instance', () => {
  it('runs the worker, whatever its path looks like, and nothing after a worker that ended well', () => {
    const printed = execFileSync('sh', ['-c', localUserData(options)], { encoding: 'utf8', env: {} });
    expect(printed).toBe(`${options.workerPath}\n`);
  });

  it('lets the last words follow a worker that died, and ends as the worker did', () => {
    const script = localUserData({ ...options, nodePath: 'dies' });
    const dies = 'dies() { echo "$1"; case "$1" in *worker.mjs) sh -c \'kill -9 $$\' ;; esac; }\n';
    const { status, stdout } = spawnSync('sh', ['-c', `${dies}${script}`], {
      encoding: 'utf8',
      env: { PATH: '/usr/bin:/bin' },
    });
    expect(stdout).toBe(`${options.workerPath}\n${options.lastWordsPath}\n`);
    expect(status).toBe(128 + 9);
  });

  it('hands over names of the stack and options of the worker, and no credentials', () => {
    const script = localUserData({ ...options, worker: { SPOTPOOL_LEASE_SECONDS: '5' } });
    const exportsOnly = script.slice(0, script.indexOf('sh -c'));
    const variables = execFileSync('sh', ['-c', `${exportsOnly}env`], {
      encoding: 'utf8',
      env: { PATH: '/usr/bin:/bin' },
    });
    expect(variables).toContain('SPOTPOOL_QUEUE_URL=http://127.0.0.1:1/q\n');
    expect(variables).toContain('SPOTPOOL_LEASE_SECONDS=5\n');
    expect(script).not.toMatch(/ACCESS_KEY|SECRET/);
  });

  it('quotes any text as one word', () => {
    fc.assert(
      fc.property(
        fc.string().filter((text) => !text.includes('\0')),
        (text) => {
          const printed = execFileSync('sh', ['-c', `printf %s ${shellQuote(text)}`], { encoding: 'utf8' });
          expect(printed).toBe(text);
        },
      ),
      { numRuns: 25 },
    );
  });
});

import { spawnSync } from 'node:child_process';
import {
  accessSync,
  chmodSync,
  constants,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { lastWords } from '../../../infra/boot/last-words.js';
import { bootPaths } from '../../../infra/boot/paths.js';
import { userData } from '../../../infra/boot/user-data.js';

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-add-user-data.html */
const MAX_USER_DATA_BYTES = 16 * 1024;

const options = {
  region: 'eu-west-1',
  queueUrl: 'https://sqs.eu-west-1.amazonaws.com/111122223333/input',
  bucket: 'results',
  maxIdleSeconds: 600,
  maxLifeSeconds: 86_400,
  python: '3.13',
  packages: [],
  gpus: false,
} as const;
const script = userData(options);

describe('the boot script', () => {
  it('is valid for bash', () => {
    const { status, stderr } = spawnSync('bash', ['-n'], { input: script, encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });

  it('uses no other root than the given one', () => {
    const elsewhere = userData({ ...options, root: '/elsewhere' });
    expect(elsewhere.replaceAll('/elsewhere', '')).toBe(script);
    expect(elsewhere.replaceAll(/\/elsewhere\/|\/dev\/null|\/proc\/uptime|\/bin\/bash/g, '')).not.toMatch(
      /(^|[ '"=])\/(etc|opt|var|usr|run|lib)\b/m,
    );
  });

  it('takes less than half of the space that EC2 allows, with every option', () => {
    const long = userData({ ...options, gpus: true, packages: Array.from({ length: 50 }, (_, at) => `package-${at}`) });
    expect(Buffer.byteLength(long)).toBeLessThan(MAX_USER_DATA_BYTES / 2);
  });

  it('arms the power-off at the longest life before anything that can fail', () => {
    expect(script.split('\n').slice(0, 3)).toEqual([
      '#!/bin/bash',
      'set -eu',
      'shutdown -P +1450 || systemctl poweroff',
    ]);
  });

  it('arms it again at each boot, because a reboot forgets it and runs no user data', () => {
    const directory = mkdtempSync(path.join(tmpdir(), 'boot-'));
    try {
      const prologue = userData({ ...options, root: directory }).split("step 'installing Node.js")[0] ?? '';
      mkdirSync(path.join(directory, 'var/log'), { recursive: true });
      const stubs = 'shutdown() { :; }; timeout() { :; }; systemctl() { :; }\n';
      spawnSync('bash', [], { input: `${stubs}${prologue}` });
      const script = path.join(directory, 'var/lib/cloud/scripts/per-boot/spotpool-power-off');
      expect(readFileSync(script, 'utf8')).toBe('#!/bin/sh\nshutdown -P +1450 || systemctl poweroff\n');
      accessSync(script, constants.X_OK);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it.each([
    ['an image without them', [], [], 'git nodejs24 python3.13'],
    ['an image with Node.js', ['node-24'], [], 'git python3.13'],
    ['an image with the Python', ['python3.13'], [], 'git nodejs24'],
    ['an image without the AWS CLI', [], ['aws'], 'git nodejs24 python3.13 awscli-2'],
  ])('installs in one call of dnf what is not on %s', (_, present, absent, names) => {
    const directory = mkdtempSync(path.join(tmpdir(), 'boot-'));
    try {
      mkdirSync(path.join(directory, 'usr/bin'), { recursive: true });
      for (const name of present) writeFileSync(path.join(directory, 'usr/bin', name), '', { mode: 0o755 });
      const all = userData({ ...options, packages: ['git'], root: directory });
      const installing = all.slice(all.indexOf("step 'installing"), all.indexOf("step 'asking"));
      const stubs = `step() { :; }; dnf() { echo "$*"; }; command() { [ "$2" != '${absent.join('')}' ]; }`;
      const { stdout } = spawnSync('bash', ['-eu', '-c', `${stubs}\n${installing}\nwait "$installing"`], {
        encoding: 'utf8',
      });
      expect(stdout).toBe(`install -y -q --repo=amazonlinux --setopt=install_weak_deps=False ${names}\n`);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it('makes the device files of GPUs before the worker starts, and ends the instance whose GPUs do not answer', () => {
    const gpus = userData({ ...options, gpus: true });
    expect(gpus.indexOf('nvidia-smi -L')).toBeLessThan(gpus.indexOf('systemctl enable --now'));
    const looking = gpus.slice(gpus.indexOf("step 'looking for GPUs'"), gpus.indexOf("step 'writing the unit'"));
    expect(looking).toContain('timeout -k 10 300 nvidia-smi -L');
    const run = (answers: string): number | null =>
      spawnSync('bash', [
        ...['-eu', '-c'],
        `step() { :; }; nvidia-modprobe() { false; }; timeout() { shift 3; "$@"; }; ${answers}\n${looking}`,
      ]).status;
    expect(run('nvidia-smi() { true; }')).toBe(0);
    expect(run('nvidia-smi() { return 9; }')).toBe(9);
  });

  it('checks the digest of everything that it runs', () => {
    const order = ['sha256sum -c -', 'tar -xzf', 'systemctl enable'].map((part) => script.indexOf(part));
    expect(order.every((at) => at > 0)).toBe(true);
    expect(order).toEqual([...order].sort((a, b) => a - b));
  });

  it("unpacks the bundle as the worker's user, without the bits that would give its owner's rights to others", () => {
    const directory = mkdtempSync(path.join(tmpdir(), 'boot-'));
    try {
      const published = path.join(directory, 'published');
      const code = path.join(directory, 'opt/spotpool');
      for (const made of [published, path.join(code, 'worker')]) mkdirSync(made, { recursive: true });
      writeFileSync(path.join(published, 'worker.mjs'), '');
      chmodSync(path.join(published, 'worker.mjs'), 0o6777);
      spawnSync('tar', ['-czf', path.join(code, 'worker.tar.gz'), '-C', published, 'worker.mjs']);
      const commands = /^id spotpool.*?^runuser.*?$/ms.exec(userData({ ...options, root: directory }))?.[0] ?? '';
      const stubs =
        'id() { :; }; install() { echo "install $*"; }; runuser() { echo "runuser $1 $2 $3"; shift 3; "$@"; }\n';
      const { stdout, stderr } = spawnSync('bash', ['-eu', '-c', `umask 022\n${stubs}cd ${code}\n${commands}`], {
        stdio: ['ignore', 'pipe', 'pipe'],
        encoding: 'utf8',
      });
      expect(stderr).toBe('');
      expect(stdout.split('\n')).toEqual([
        expect.stringMatching(/^install -d -o spotpool -g spotpool .*\/opt\/spotpool\/worker$/),
        'runuser -u spotpool --',
        '',
      ]);
      expect((statSync(path.join(code, 'worker/worker.mjs')).mode & 0o7777).toString(8)).toBe('755');
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it('passes neither the address of the metadata nor its token as arguments, which every user can read', () => {
    const asking = script.slice(script.indexOf('imds='), script.indexOf("step 'fetching the worker'"));
    const run = `curl() { { echo "curl $*"; cat; } >&2; echo answer; }\n${asking}\necho "$instance"`;
    const { stdout, stderr } = spawnSync('bash', ['-eu', '-c', run], {
      env: { PATH: process.env['PATH'], AWS_EC2_METADATA_SERVICE_ENDPOINT: 'http://127.0.0.1:1/secret' },
      stdio: ['ignore', 'pipe', 'pipe'],
      encoding: 'utf8',
    });
    expect(stdout).toBe('answer\n');
    expect(stderr.trimEnd().split('\n')).toEqual([
      'curl -sSf --retry 5 -X PUT -K -',
      'url = "http://127.0.0.1:1/secret/latest/api/token"',
      'header = "X-aws-ec2-metadata-token-ttl-seconds: 300"',
      'curl -sSf --retry 5 -X GET -K -',
      'url = "http://127.0.0.1:1/secret/latest/meta-data/instance-id"',
      'header = "X-aws-ec2-metadata-token: answer"',
    ]);
  });

  it('ends the instance when it fails, after it has uploaded its log', () => {
    const end = /^end\(\) \{\n(.*?)^\}\ntrap end EXIT$/ms.exec(script)?.[1] ?? '';
    expect(end.indexOf('boot.log')).toBeGreaterThan(0);
    expect(end.indexOf('systemctl poweroff')).toBeGreaterThan(end.indexOf('boot.log'));
  });

  it.each([
    ['on a full disk, where its own log takes no line', '/dev/full'],
    ['when its log cannot be opened', '/nowhere/boot.log'],
  ])('ends the instance %s', (_, bootLog) => {
    const stubs = 'shutdown() { :; }; timeout() { :; }; systemctl() { "/bin/echo" "$@" >&3; }\n';
    const failing = script
      .slice(0, script.indexOf("step 'installing"))
      .replace('exec >>/var/log/spotpool-boot.log', `exec >>${bootLog}`);
    const { output } = spawnSync('bash', ['-c', `${stubs}${failing}\nfalse\n`], {
      encoding: 'utf8',
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    });
    expect(output[3]).toBe('poweroff\n');
  });

  it('gives the worker its environment, and a work directory on disk', () => {
    const environment = /worker\.env <<END\n(.*?)^END$/ms.exec(script)?.[1] ?? '';
    expect(environment.trimEnd().split('\n')).toEqual([
      'AWS_REGION=$AWS_REGION',
      'SPOTPOOL_INSTANCE=$instance',
      'SPOTPOOL_WORKER_SHA256=$sha256',
      'SPOTPOOL_QUEUE_URL=https://sqs.eu-west-1.amazonaws.com/111122223333/input',
      'SPOTPOOL_BUCKET=$bucket',
      'SPOTPOOL_MAX_IDLE_SECONDS=600',
      'SPOTPOOL_MAX_LIFE_SECONDS=86400',
      'SPOTPOOL_WORK_DIRECTORY=/var/lib/spotpool/work',
      'SPOTPOOL_PYTHON=/usr/bin/python3.13',
      'SPOTPOOL_ALIVE_FILE=/run/spotpool/alive',
    ]);
  });

  it('finds the digest in the pointer in any layout, and accepts no other text', () => {
    const [command] = /sed -n .* pointer\.json/.exec(script) ?? [''];
    const find = (pointer: string): string =>
      spawnSync('bash', ['-c', command.replace('pointer.json', '')], {
        input: pointer,
        encoding: 'utf8',
      }).stdout.trim();
    const sha256 = 'ab'.repeat(32);
    expect(find(JSON.stringify({ version: '1.0.0', sha256 }))).toBe(sha256);
    expect(find(JSON.stringify({ sha256, key: 'workers/x' }, undefined, 2))).toBe(sha256);
    expect(find('{"sha256":"$(reboot)"}')).toBe('');
  });
});

describe("the worker's unit", () => {
  it('ends the instance when it was started too often, and has no action that would run before each restart', () => {
    expect(script).toContain('\nStartLimitAction=poweroff\n');
    expect(script).not.toMatch(/^(Success|Failure)Action=/m);
  });

  it.each([
    ['success', '0', true],
    ['exit-code', '2', true],
    ['exit-code', '1', false],
    ['signal', 'KILL', false],
  ])('after a result %s (%s) ends the instance: %s', (result, status, ends) => {
    const words = lastWords(bootPaths()).replaceAll(/^(journalctl|timeout) .*$/gm, '');
    const run = `systemctl() { echo "systemctl $*"; }\n${words}`;
    const { stdout } = spawnSync('bash', ['-u', '-c', run], {
      env: { PATH: process.env['PATH'], SERVICE_RESULT: result, EXIT_STATUS: status },
      encoding: 'utf8',
    });
    expect(stdout).toBe(ends ? 'systemctl --no-block poweroff\n' : '');
  });

  it('stops within the two minutes of an interruption', () => {
    const seconds = Number(/^TimeoutStopSec=(\d+)$/m.exec(script)?.[1]);
    expect(seconds).toBeLessThan(120);
    expect(script).toContain('KillSignal=SIGTERM');
  });

  it('keeps the worker when a model runs out of memory', () => {
    expect(script).toContain('OOMPolicy=continue');
  });
});

/**
 * The local cloud on a disk that fails: the client learns where, why and what helps, and so does the log of the
 * cloud.
 */
import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { explainDiskError, DiskErrorLog } from '../../local/disk-errors.js';
import { startServer } from '../../local/http/server.js';
import { createS3Service } from '../../local/s3/service.js';
import { errorOf } from '../support/error-of.js';
import { afterThisTest, temporaryDirectory } from './ec2/support.js';

/** This is too large to be kept in memory. */
const LARGE = Buffer.alloc(300_000, 'x');

async function startS3(directory: string) {
  const lines: string[] = [];
  const diskErrors = new DiskErrorLog((line) => lines.push(line));
  const server = await startServer({ s3: createS3Service({ directory, diskErrors }) }, { port: 0 });
  afterThisTest(() => server.close());
  const s3 = new S3Client({
    endpoint: server.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    forcePathStyle: true,
    maxAttempts: 1,
  });
  afterThisTest(() => s3.destroy());
  await s3.send(new CreateBucketCommand({ Bucket: 'bucket' }));
  const put = (Key: string) => s3.send(new PutObjectCommand({ Bucket: 'bucket', Key, Body: LARGE }));
  return { s3, put, lines };
}

describe('the explanation of a disk error', () => {
  it.each([
    ['ENOSPC', 'its disk is full', 'Free some space there'],
    ['EDQUOT', 'quota', 'Free some space there'],
    ['EROFS', 'read-only', '--directory'],
    ['EACCES', 'permissions', '--directory'],
    ['EMFILE', 'files open', 'ulimit -n'],
    ['ENOTDIR', 'a part of its path is a file', 'Name another directory'],
    ['ENOENT', 'no longer exists', 'Start the local cloud again'],
  ])('names the directory, the reason and the remedy of %s', (code, why, remedy) => {
    const error = Object.assign(new Error(`${code}: whatever, write`), { code, syscall: 'write' });
    const told = explainDiskError(error, '/data/cloud');
    expect(told).toContain(`The local cloud cannot use its directory /data/cloud: `);
    for (const part of [why, code, remedy]) expect(told).toContain(part);
  });

  it('is not given for any other error', () => {
    for (const error of [new Error('ENOSPC'), Object.assign(new Error(), { code: 'ENOSPC' }), undefined, 'ENOSPC']) {
      expect(explainDiskError(error, '/data')).toBeUndefined();
    }
    expect(
      explainDiskError(Object.assign(new Error(), { code: 'constructor', syscall: 'write' }), '/data'),
    ).toBeUndefined();
  });
});

describe('a put', () => {
  it('into a missing directory fails with an explanation each time, and logs it once', async () => {
    const directory = path.join(temporaryDirectory(), 'objects');
    const { put, lines } = await startS3(directory);
    rmSync(directory, { recursive: true });
    const sentence = `The local cloud cannot use its directory ${directory}: it no longer exists (ENOENT). Start the local cloud again.`;
    for (const key of ['a', 'b']) {
      const error = await errorOf(put(key));
      expect([error.code, error.status, error.message]).toEqual([
        'InternalError',
        500,
        `We encountered an internal error. ${sentence}`,
      ]);
    }
    expect(lines).toEqual([`${sentence}\n`]);
  });

  const canMount = process.platform === 'linux' && process.getuid?.() === 0 && mounts(temporaryProbe());

  it.skipIf(!canMount)(
    'on a full disk names the directory, and succeeds once there is room (skipped where no disk can be mounted)',
    async () => {
      const disk = temporaryDirectory();
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk]);
      afterThisTest(() => execFileSync('umount', ['-l', disk]));
      const { s3, put, lines } = await startS3(path.join(disk, 'objects'));
      await put('kept');
      writeFileSync(path.join(disk, 'filler'), Buffer.alloc(500_000));
      const error = await errorOf(put('too much'));
      expect(error.message).toContain(
        `its directory ${path.join(disk, 'objects')}: its disk is full (ENOSPC). Free some`,
      );
      expect(lines).toHaveLength(1);
      rmSync(path.join(disk, 'filler'));
      await put('too much');
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: 'bucket', Key: 'kept' }));
      expect((await Body?.transformToByteArray())?.length).toBe(LARGE.length);
    },
  );
});

function temporaryProbe(): string {
  return execFileSync('mktemp', ['-d'], { encoding: 'utf8' }).trim();
}

function mounts(directory: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', directory], { stdio: 'ignore' });
    execFileSync('umount', [directory]);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

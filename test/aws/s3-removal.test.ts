import { DeleteObjectsCommand, S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import { beforeEach, describe, expect, it } from 'vitest';
import { makeS3Client } from '../../aws/clients.js';
import { S3ObjectRemoval } from '../../aws/s3-removal.js';
import { mockedClient } from '../support/mocked-client.js';

const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
const { signal } = new AbortController();

describe('the removal of objects', () => {
  const s3 = mockedClient(S3Client);
  const removal = new S3ObjectRemoval(makeS3Client({ region: 'us-east-1', credentials }), 'bucket');
  beforeEach(() => void s3.reset());

  it('sends a thousand keys with a request', async () => {
    s3.on(DeleteObjectsCommand).resolves({});
    const keys = Array.from({ length: 2_001 }, (_, n) => `jobs/j/${n}`);
    await removal.remove(keys, signal);
    const sent = s3.commandCalls(DeleteObjectsCommand).map(({ args }) => args[0].input.Delete?.Objects ?? []);
    expect(sent.map(({ length }) => length)).toEqual([1_000, 1_000, 1]);
    expect(sent.flat().map(({ Key }) => Key)).toEqual(keys);
  });

  it('sends nothing when there is no key', async () => {
    await removal.remove([], signal);
    expect(s3.commandCalls(DeleteObjectsCommand)).toEqual([]);
  });

  it('fails when S3 answers that an object is still there, and names the permission that it needs', async () => {
    s3.on(DeleteObjectsCommand).resolves({
      Errors: [
        { Key: 'jobs/j/1', Code: 'AccessDenied', Message: 'Access Denied' },
        { Key: 'jobs/j/2', Code: 'AccessDenied', Message: 'Access Denied' },
      ],
    });
    await expect(removal.remove(['jobs/j/1', 'jobs/j/2'], signal)).rejects.toThrow(
      'S3 did not delete jobs/j/1, and 1 more: AccessDenied: Access Denied. Your credentials need s3:DeleteObject',
    );
  });

  it('names the permission when S3 refuses the whole request', async () => {
    const refused = new S3ServiceException({
      name: 'AccessDenied',
      $fault: 'client',
      $metadata: { httpStatusCode: 403 },
      message: 'Access Denied',
    });
    s3.on(DeleteObjectsCommand).rejects(refused);
    await expect(removal.remove(['jobs/j/1'], signal)).rejects.toThrow('need s3:DeleteObject');
  });
});

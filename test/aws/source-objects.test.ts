import { Readable } from 'node:stream';
import {
  GetObjectCommand,
  type GetObjectCommandOutput,
  ListObjectsV2Command,
  NoSuchKey,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { beforeEach, describe, expect, it } from 'vitest';
import { S3SourceObjects } from '../../aws/source-objects.js';
import { UserError } from '../../runner/errors.js';
import { mockedClient } from '../support/mocked-client.js';

const s3 = mockedClient(S3Client);
const sources = new S3SourceObjects(new S3Client({ region: 'eu-west-1' }));
const { signal } = new AbortController();
beforeEach(() => s3.reset());

const failure = (name: string, status: number): S3ServiceException =>
  new S3ServiceException({ name, $fault: 'client', message: name, $metadata: { httpStatusCode: status } });

async function textOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  let text = '';
  for await (const chunk of chunks) text += Buffer.from(chunk).toString();
  return text;
}

describe('datasets in S3', () => {
  it('are streamed from any bucket', async () => {
    const stream = Readable.from([Buffer.from('a\n'), Buffer.from('b\n')]);
    const Body = stream as unknown as NonNullable<GetObjectCommandOutput['Body']>;
    s3.on(GetObjectCommand, { Bucket: 'theirs', Key: 'in.txt' }).resolves({ Body, ETag: '"1"' });
    expect(await textOf(sources.stream('theirs', 'in.txt', signal))).toBe('a\nb\n');
  });

  it('are listed page by page', async () => {
    s3.on(ListObjectsV2Command, { Bucket: 'theirs', Prefix: 'in/' })
      .resolvesOnce({
        Contents: [{ Key: 'in/a', Size: 1, ETag: '"1"' }],
        IsTruncated: true,
        NextContinuationToken: 't',
      })
      .resolves({ Contents: [{ Key: 'in/b', Size: 2, ETag: '"2"' }] });
    const found = [];
    for await (const object of sources.list('theirs', 'in/', signal)) found.push(object);
    expect(found).toEqual([
      { key: 'in/a', size: 1, etag: '"1"' },
      { key: 'in/b', size: 2, etag: '"2"' },
    ]);
  });

  it('cause an error that says what to do when they are missing or forbidden', async () => {
    s3.on(GetObjectCommand).rejectsOnce(new NoSuchKey({ message: '', $metadata: { httpStatusCode: 404 } }));
    await expect(textOf(sources.stream('b', 'k', signal))).rejects.toThrow('The object s3://b/k does not exist.');
    for (const [name, status, hint] of [
      ['NoSuchBucket', 404, 'the bucket does not exist'],
      ['AccessDenied', 403, 'credentials'],
      ['PermanentRedirect', 301, 'another region'],
    ] as const) {
      s3.on(GetObjectCommand).rejects(failure(name, status));
      const reading = textOf(sources.stream('b', 'k', signal));
      await expect(reading).rejects.toThrow(hint);
      await expect(reading).rejects.toThrow(UserError);
    }
  });

  it('keep the error of the network when the network fails', async () => {
    s3.on(GetObjectCommand).rejects(new Error('socket hang up'));
    await expect(textOf(sources.stream('b', 'k', signal))).rejects.toThrow('socket hang up');
    await expect(textOf(sources.stream('b', 'k', signal))).rejects.not.toThrow(UserError);
  });
});

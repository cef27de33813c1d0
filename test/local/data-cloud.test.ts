/** Local clouds that follow each other on one data directory. */
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateQueueCommand, ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import { type LocalCloud, startLocalCloud } from '../../local/api.js';
import { afterThisTest, temporaryDirectory } from './ec2/support.js';

async function start(data: string): Promise<LocalCloud> {
  const cloud = await startLocalCloud({ data });
  afterThisTest(() => cloud.close());
  return cloud;
}

function clientsOf({ endpoint, region, credentials }: LocalCloud) {
  const config = { endpoint, region, credentials };
  const [s3, sqs] = [new S3Client({ ...config, forcePathStyle: true }), new SQSClient(config)];
  afterThisTest(() => [s3, sqs].forEach((client) => client.destroy()));
  return { s3, sqs };
}

describe('a local cloud with a data directory', () => {
  it('has the objects of the last one, and queues of its own', async () => {
    const data = temporaryDirectory();
    const first = await start(data);
    const before = clientsOf(first);
    await before.s3.send(new CreateBucketCommand({ Bucket: 'bucket' }));
    await before.s3.send(new PutObjectCommand({ Bucket: 'bucket', Key: 'key', Body: 'kept' }));
    await before.sqs.send(new CreateQueueCommand({ QueueName: 'queue' }));
    await expect(startLocalCloud({ data }), 'a second one').rejects.toThrow('uses the data directory');
    await first.close();

    const { s3, sqs } = clientsOf(await start(data));
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: 'bucket', Key: 'key' }));
    expect(await Body?.transformToString()).toBe('kept');
    expect((await sqs.send(new ListQueuesCommand({}))).QueueUrls ?? []).toEqual([]);
  });
});

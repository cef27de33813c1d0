import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { BUCKET, startS3, type S3Cloud } from './s3-cloud.js';

const MIB = 1024 * 1024;
const SIZE = 256 * MIB;

let cloud: S3Cloud;
beforeAll(async () => {
  cloud = await startS3();
});
afterAll(() => cloud.close());

/** Client and server are both in this process, so data that either of them keeps in memory is measured. */
async function peakGrowth(work: () => Promise<void>): Promise<number> {
  const before = process.memoryUsage().rss;
  let peak = before;
  let isOver = false;
  const watch = (async () => {
    while (!isOver) {
      peak = Math.max(peak, process.memoryUsage.rss());
      await turn();
    }
  })();
  await work().finally(() => (isOver = true));
  await watch;
  return peak - before;
}

it('256 MiB are put and read without ever being held in memory whole', async () => {
  const piece = Buffer.alloc(MIB, 'content');
  const pieces = Readable.from(
    (function* () {
      for (let sent = 0; sent < SIZE; sent += piece.length) yield piece;
    })(),
  );
  const object = { Bucket: BUCKET, Key: 'large' };
  const growth = await peakGrowth(async () => {
    await cloud.client.send(new PutObjectCommand({ ...object, Body: pieces, ContentLength: SIZE }));
    const { Body, ContentLength } = await cloud.client.send(
      new GetObjectCommand({ ...object, Range: `bytes=${MIB}-` }),
    );
    let received = 0;
    for await (const part of Body as AsyncIterable<Buffer>) received += part.length;
    expect([received, ContentLength]).toEqual([SIZE - MIB, SIZE - MIB]);
  });
  // The garbage of both ends is measured, too. If one of them kept the whole body, the growth would exceed its
  // size.
  expect(growth).toBeLessThan(SIZE * 0.75);
});

/**
 * `npm run bench:weights [-- MEBIBYTES]`: fetches weights from the local cloud to disk as a worker does, beside one plain stream of the same object. The
 * two take turns. It prints the times, their ratio, the memory of this process and the worst delay of its event loop.
 */
import { createHash } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { pipeline } from 'node:stream/promises';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { makeS3Client } from '../../aws/clients.js';
import { S3ObjectStore } from '../../aws/s3-object-store.js';
import { weightsFileKey, weightsListKey } from '../../core/contract/keys.js';
import { encodeWeightsList } from '../../core/contract/weights.js';
import { fetchWeights } from '../../worker/model/fetch-weights.js';
import { systemClock } from '../../worker/system-clock.js';
import { startLocalCloudProcess } from '../support/local-cloud.js';

const MEBIBYTE = 1024 * 1024;
const ROUNDS = 3;
const DEFAULT_MEBIBYTES = 2_048;
const { signal } = new AbortController();
// Each range that is fetched at once listens to it, as in a worker.
setMaxListeners(0, signal);

const size = Number(process.argv[2] ?? DEFAULT_MEBIBYTES) * MEBIBYTE;
const scratch = await mkdtemp(path.join(os.tmpdir(), 'spotpool-weights-'));
const cloud = await startLocalCloudProcess({ args: ['--directory', path.join(scratch, 'cloud')] });
try {
  const { endpoint, credentials } = cloud;
  const client = makeS3Client({ region: 'us-east-1', endpoint, credentials });
  await client.send(new CreateBucketCommand({ Bucket: 'bench' }));
  const store = new S3ObjectStore(client, 'bench');
  const key = await upload(store);
  const list = encodeWeightsList({ version: 1, files: [{ path: 'w', bytes: size, sha256: key }] });
  const digest = createHash('sha256').update(list).digest('hex');
  await store.put(weightsListKey(digest), list, { signal });
  const rounds: { readonly plain: number; readonly ranges: number }[] = [];
  const loop = monitorEventLoopDelay({ resolution: 1 });
  let memory = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const folder = path.join(scratch, `round-${round}`);
    const plainFile = path.join(scratch, 'plain');
    const plain = await secondsOf(() =>
      pipeline(store.stream(weightsFileKey(key), { signal }), createWriteStream(plainFile)),
    );
    await rm(plainFile);
    loop.enable();
    const watch = setInterval(() => (memory = Math.max(memory, process.memoryUsage.rss())), 100);
    const weights = { name: 'w', digest, files: 1, bytes: size };
    const how = {
      store,
      storeOf: () => store,
      weights,
      directory: folder,
      clock: systemClock,
      onTrouble: print,
      signal,
    };
    const ranges = await secondsOf(() => fetchWeights(how));
    clearInterval(watch);
    loop.disable();
    await rm(folder, { recursive: true });
    rounds.push({ plain, ranges });
    print(
      `round ${round + 1}: one stream without a check ${plain.toFixed(2)} s, weights with SHA-256 ${ranges.toFixed(2)} s`,
    );
  }
  const ratios = rounds.map(({ plain, ranges }) => plain / ranges).sort((a, b) => a - b);
  print(`${size / MEBIBYTE} MiB; speed relative to one stream: ${ratios.map((ratio) => ratio.toFixed(2)).join(', ')}`);
  print(
    `memory of the process: ${Math.round(memory / MEBIBYTE)} MiB; worst delay of the event loop: ${Math.round(loop.max / 1e6)} ms`,
  );
  client.destroy();
} finally {
  await cloud.group.stop();
  await rm(scratch, { recursive: true, force: true });
}

/** Uploads bytes that differ, and returns their digest. The first pass only hashes. */
async function upload(store: S3ObjectStore): Promise<string> {
  const hash = createHash('sha256');
  for (const chunk of chunks()) hash.update(chunk);
  const sha256 = hash.digest('hex');
  await store.upload(weightsFileKey(sha256), eventually(chunks()), { signal, bytes: size });
  return sha256;
}

function* chunks(): Generator<Buffer> {
  for (let at = 0; at < size; at += MEBIBYTE) {
    const chunk = Buffer.alloc(MEBIBYTE, at % 251);
    chunk.writeDoubleBE(at);
    yield chunk;
  }
}

async function* eventually(items: Iterable<Buffer>): AsyncGenerator<Buffer> {
  for (const item of items) yield await Promise.resolve(item);
}

async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const beganMs = performance.now();
  const cpu = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(cpu);
  print(`  ${((user + system) / 1e6).toFixed(2)} s of processor time in this process`);
  return (performance.now() - beganMs) / 1_000;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

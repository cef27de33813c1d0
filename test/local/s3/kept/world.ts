/** Kept buckets in a directory, changed as the actions of S3 change them, and what a later process finds of them. */
import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync } from 'node:fs';
import path from 'node:path';
import type { Body } from '../../../../local/s3/body.js';
import type { BodyStore } from '../../../../local/s3/body-store.js';
import { Bucket, type StoredObject } from '../../../../local/s3/buckets.js';
import { type KeptObjects, type KeptOptions, openKeptObjects } from '../../../../local/s3/kept/kept-objects.js';
import { afterThisTest, temporaryDirectory } from '../../ec2/support.js';

export const NO_CONDITIONS = new Map<string, string>();
const UNWATCHED = { sawDelete: false };
const signal = new AbortController().signal;

export interface World {
  readonly directory: string;
  readonly kept: KeptObjects;
}

export async function openWorld(directory = temporaryDirectory(), options: KeptOptions = {}): Promise<World> {
  const kept = await openKeptObjects(directory, options);
  afterThisTest(() => kept.close().catch(() => undefined));
  return { directory, kept };
}

/** The directory as a process that is killed now leaves it. A file that is being removed may vanish while it is copied. */
export function copyOf({ directory }: Pick<World, 'directory'>, tries = 10): string {
  const copy = mkdtempSync(path.join(temporaryDirectory(), 'killed-'));
  try {
    cpSync(directory, copy, { recursive: true });
    return copy;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || tries === 0) throw error;
    return copyOf({ directory }, tries - 1);
  }
}

export function addBucket({ kept }: World, name: string): Bucket {
  const bucket = new Bucket(name, 'us-east-1', 1_000, kept.buckets.keeper);
  kept.buckets.add(bucket);
  return bucket;
}

export async function makeBody(bodies: BodyStore, content: Buffer): Promise<Body> {
  const writer = bodies.create(content.length);
  await writer.write(content);
  return writer.finish();
}

export function objectWith(body: Body, tag: string): StoredObject {
  return {
    body,
    etag: `"${createHash('md5').update(tag).digest('hex')}"`,
    lastModifiedMs: 1_700_000_000_123,
    headers: { 'content-type': 'text/plain', 'x-amz-meta-tag': tag },
    checksum: { algorithm: 'CRC32', type: 'FULL_OBJECT', value: 'AAAAAA==' },
    tags: new Map([['tag', tag]]),
  };
}

export function publish(bucket: Bucket, key: string, object: StoredObject): void {
  bucket.publish(key, object, NO_CONDITIONS, UNWATCHED);
}

export async function put({ kept }: World, bucket: Bucket, key: string, content: Buffer | string): Promise<void> {
  const bytes = Buffer.from(content);
  const tag = createHash('md5').update(bytes).digest('hex');
  publish(bucket, key, objectWith(await makeBody(kept.bodies, bytes), tag));
}

export const settled = async ({ kept }: World): Promise<void> => kept.buckets.keeper.settled();

export async function contentOf(body: Body): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of body.read(signal)) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}

/** Everything that a client can see of the buckets. */
export async function seen({ kept }: Pick<World, 'kept'>): Promise<Readonly<Record<string, unknown>>> {
  const buckets: Record<string, unknown> = {};
  for (const bucket of kept.buckets.inOrder()) {
    const objects: Record<string, unknown> = {};
    for (const [key, { body, tags, ...rest }] of bucket.objects.entriesFrom(() => true)) {
      objects[key] = {
        ...rest,
        tags: [...tags],
        digest: createHash('md5')
          .update(await contentOf(body))
          .digest('hex'),
      };
    }
    buckets[bucket.name] = {
      location: bucket.location,
      createdAtMs: bucket.createdAtMs,
      configuration: [...bucket.configuration],
      objects,
    };
  }
  return buckets;
}

/** Opens the directory as the next process does, looks, and closes it. */
export async function found(directory: string, options: KeptOptions = {}): Promise<Readonly<Record<string, unknown>>> {
  const kept = await openKeptObjects(directory, options);
  try {
    return await seen({ kept });
  } finally {
    await kept.close();
  }
}

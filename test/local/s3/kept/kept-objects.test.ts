/** Buckets that outlive their process: whatever was told to a client is found again, whole. */
import { appendFileSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Body } from '../../../../local/s3/body.js';
import { temporaryDirectory } from '../../ec2/support.js';
import { addBucket, copyOf, found, makeBody, objectWith, openWorld, publish, put, seen, settled } from './world.js';

const SMALL_SEGMENTS = { segmentBytes: 3_000, leastDeadBytes: 4_000 };
/** This size is kept as a file. */
const LARGE = 70_000;

const journalOf = (directory: string): readonly string[] =>
  readdirSync(path.join(directory, 'journal'))
    .sort()
    .map((name) => path.join(directory, 'journal', name));
const journalBytes = (directory: string): number =>
  journalOf(directory).reduce((sum, file) => sum + statSync(file).size, 0);
const bodiesOf = (directory: string): readonly string[] => readdirSync(path.join(directory, 'bodies'));

describe('what is kept', () => {
  it('is found again: bodies of every size, headers, tags, checksums, parts, and the configuration of buckets', async () => {
    const world = await openWorld();
    const bucket = addBucket(world, 'bucket');
    addBucket(world, 'empty');
    bucket.configure('policy', '{}');
    bucket.configure('tagging', '<Tagging/>');
    bucket.configure('tagging', undefined);
    await put(world, bucket, '', '');
    await put(world, bucket, '../../etc/passwd', 'a key is no path');
    await put(world, bucket, 'large', Buffer.alloc(LARGE, 'x'));
    const [first, second] = await Promise.all(
      [Buffer.alloc(LARGE, 'y'), Buffer.from('the last part')].map((each) => makeBody(world.kept.bodies, each)),
    );
    if (first === undefined || second === undefined) throw new Error('no parts');
    const joined = objectWith(Body.join([first, second, first]), 'joined');
    publish(bucket, 'joined', { ...joined, parts: [{ number: 1, size: LARGE, checksum: joined.checksum }] });
    for (const part of [first, second]) part.release();
    bucket.retag('large', new Map([['changed', 'yes']]));
    const before = await seen(world);
    await world.kept.close();

    expect(await found(world.directory)).toEqual(before);
    expect(before).toMatchObject({ bucket: { configuration: [['policy', '{}']] }, empty: { objects: {} } });
  });

  it('is what it was after a prefix of the changes that has all that were told to clients, wherever the process is killed', async () => {
    const keys = fc.constantFrom('a', 'b', 'c');
    const change = fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({ op: fc.constant('put' as const), key: keys, size: fc.constantFrom(0, 5, 900, LARGE) }),
      },
      { weight: 2, arbitrary: fc.record({ op: fc.constant('delete' as const), key: keys }) },
      { weight: 1, arbitrary: fc.record({ op: fc.constant('retag' as const), key: keys }) },
      { weight: 2, arbitrary: fc.record({ op: fc.constant('settle' as const) }) },
      { weight: 1, arbitrary: fc.record({ op: fc.constant('reopen' as const) }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 25 }), fc.nat(60), fc.nat(255), async (changes, torn, garbage) => {
        let world = await openWorld(temporaryDirectory(), SMALL_SEGMENTS);
        let bucket = addBucket(world, 'bucket');
        await settled(world);
        const states = [await seen(world)];
        let told = 0;
        for (const [n, each] of changes.entries()) {
          if (each.op === 'put') await put(world, bucket, each.key, Buffer.alloc(each.size, String(n)));
          else if (each.op === 'delete') bucket.remove(each.key, undefined);
          else if (each.op === 'retag' && bucket.objects.get(each.key) !== undefined) {
            bucket.retag(each.key, new Map([['n', String(n)]]));
          } else if (each.op === 'settle') await settled(world);
          else if (each.op === 'reopen') {
            await world.kept.close();
            world = await openWorld(world.directory, SMALL_SEGMENTS);
            bucket = world.kept.buckets.get('bucket');
          }
          states.push(await seen(world));
          if (each.op === 'settle' || each.op === 'reopen') told = states.length - 1;
        }
        const killed = copyOf(world);
        const last = journalOf(killed).at(-1) ?? '';
        appendFileSync(last, Buffer.alloc(torn, garbage));
        const now = await found(killed, SMALL_SEGMENTS);
        expect(states.slice(told)).toContainEqual(now);
        expect(await found(killed, SMALL_SEGMENTS), 'a second time').toEqual(now);
      }),
      { numRuns: 25 },
    );
  });

  it('is absent where it was torn, at every byte of the last record, and the records before are whole', async () => {
    const world = await openWorld();
    const bucket = addBucket(world, 'bucket');
    await put(world, bucket, 'first', 'one');
    await settled(world);
    const before = await seen(world);
    const whole = journalBytes(world.directory);
    await put(world, bucket, 'second', 'two');
    await settled(world);
    const [file = ''] = journalOf(world.directory);
    const end = journalBytes(world.directory);
    for (let cut = whole; cut < end; cut += 7) {
      const copy = copyOf(world);
      truncateSync(journalOf(copy)[0] ?? '', cut);
      expect(await found(copy), `cut at ${cut}`).toEqual(before);
    }
    for (let flipped = whole; flipped < end; flipped += 7) {
      const copy = copyOf(world);
      const bytes = readFileSync(file);
      bytes[flipped] = (bytes[flipped] ?? 0) ^ 0xff;
      writeFileSync(journalOf(copy)[0] ?? '', bytes);
      expect(await found(copy), `damaged at ${flipped}`).toEqual(before);
    }
  });

  it('loses nothing without a word: what lies behind a damaged record is set aside, and a sentence says where', async () => {
    const world = await openWorld();
    const bucket = addBucket(world, 'bucket');
    await put(world, bucket, 'first', 'one');
    await settled(world);
    const whole = journalBytes(world.directory);
    for (const key of ['second', 'third']) {
      await put(world, bucket, key, key);
      await settled(world);
    }
    const copy = copyOf(world);
    const [file = ''] = journalOf(copy);
    const bytes = readFileSync(file);
    bytes.fill(0xff, whole + 4, whole + 8);
    writeFileSync(file, bytes);
    const told: string[] = [];
    await found(copy, { onDamage: (sentence) => void told.push(sentence) });
    expect(told).toEqual([
      `The last ${bytes.length - whole} bytes of ${file} are not whole, and what they hold is left out. They are kept in ${file}.damaged.`,
    ]);
    expect(readFileSync(`${file}.damaged`)).toEqual(bytes.subarray(whole));
  });

  it('has no files that no object names: those of unfinished uploads and of replaced objects go at the next start', async () => {
    const world = await openWorld();
    const bucket = addBucket(world, 'bucket');
    await put(world, bucket, 'kept', Buffer.alloc(LARGE, '1'));
    await settled(world);
    const named = bodiesOf(world.directory);
    await makeBody(world.kept.bodies, Buffer.alloc(LARGE, '2'));
    expect(bodiesOf(world.directory)).toHaveLength(2);
    const copy = copyOf(world);
    const before = await seen(world);
    expect(await found(copy)).toEqual(before);
    expect(bodiesOf(copy)).toEqual(named);
  });

  it('is read from the disk when the memory is for newer bodies', async () => {
    const world = await openWorld(temporaryDirectory(), { memoryBudgetBytes: 8_000 });
    const bucket = addBucket(world, 'bucket');
    for (let n = 0; n < 20; n += 1) {
      await put(world, bucket, `key-${n}`, Buffer.alloc(1_000, String(n)));
      await settled(world);
    }
    expect(bodiesOf(world.directory), 'bodies in files').toEqual([]);
    const inMemory = [...bucket.objects.values()].filter(({ body }) => body.inMemory() !== undefined);
    expect(inMemory.length).toBeGreaterThan(0);
    expect(inMemory.length).toBeLessThan(8);
    const before = await seen(world);
    await world.kept.close();
    expect(await found(world.directory)).toEqual(before);
  });
});

describe('the journal', () => {
  it('stays within twice what is live, and some more, while objects are replaced for long', async () => {
    const world = await openWorld(temporaryDirectory(), SMALL_SEGMENTS);
    const bucket = addBucket(world, 'bucket');
    bucket.configure('policy', '{}');
    await put(world, bucket, 'old', 'written once');
    await put(world, bucket, 'gone', 'deleted early');
    bucket.remove('gone', undefined);
    for (let n = 0; n < 300; n += 1) {
      await put(world, bucket, `key-${n % 5}`, Buffer.alloc(200, String(n)));
      await settled(world);
    }
    const before = await seen(world);
    await world.kept.close();
    const mostBytes = 2 * Math.max(SMALL_SEGMENTS.leastDeadBytes, 5 * 1_000) + 2 * SMALL_SEGMENTS.segmentBytes;
    expect(journalBytes(world.directory)).toBeLessThan(mostBytes);
    expect(await found(world.directory)).toEqual(before);
    expect(before).toMatchObject({ bucket: { configuration: [['policy', '{}']], objects: { old: {} } } });
  });
});

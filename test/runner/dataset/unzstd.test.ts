/** Tests Zstandard files that the `zstd` command wrote. */
import { describe, expect, it } from 'vitest';
import { isZstd, unzstd } from '../../../runner/dataset/unzstd.js';
import { chunksOf } from './reading.js';

/** This is what `zstd -19` makes of the 200 lines below, with a checksum. */
const PACKED = Buffer.from(
  'KLUv/QRoVQwAZtQrGnBJklYD/qFISFEhTP8P7xOJ7O4dArTrn/VENAAkABoAVVVVREREREQzMzMzMyIiIiIi/w9xVjRykLAgwQECBwkDEBgoEECDQgGhoKAQYEAoCCgwCP//D4fD4XA4HA6HY4wxxhhjCCGEEEIIcXd3d3dnZmZmZlZVFbXWWmuttVJKKaWUUjrnnHPOOaeUUkoppZQH4ziO4ziO4yiKoiiKoiiK99577733WmuttdZaG4DMqCBe77UGoKMkHRJIIAggCJwAEyQECEFCkKAFn5CFBPYBL+r9+GDexWLhbxphhfxhWmeh4X8O1Ny5aPiiMasGH1L93BC85yO5NoOW3yykVOajiY8NF398gPdmsXDT7IyDc9NmqrmSGRJzD5cxy9WVMeWzYWCOB/IqDBZ+URBGyQchdTYK2ONBTYqDxisUhmrwQIrPBQH3PILRYtFiioXUAjwU9bFAwuE5mUFyQWQMcvWYpuMWjSmMC4uZ4prqw6EYHUaSF8LJFWtJnItCIYLFm5wpFsBPAb2xk/M=',
  'base64',
);
const LINES = Array.from({ length: 200 }, (_, i) => `{"a":${i},"t":"${'lorem ipsum '.repeat(i % 5)}"}\n`).join('');
const EMPTY = Buffer.from('KLUv/SQAAQAAmenYUQ==', 'base64');
const SKIPPABLE = Buffer.concat([Buffer.from([0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0]), Buffer.from('abc')]);

const { signal } = new AbortController();

async function unpacked(bytes: Buffer, chunkBytes = 7): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of unzstd(chunksOf(bytes, chunkBytes), 'a.zst', signal)) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

describe('a Zstandard file', () => {
  it.each([1, 2, 5, 1_000_000])('is unpacked, in chunks of %i bytes', async (chunkBytes) => {
    expect(isZstd(PACKED)).toBe(true);
    expect(await unpacked(PACKED, chunkBytes)).toBe(LINES);
  });

  it('may have several frames, empty ones and skippable ones', async () => {
    const all = Buffer.concat([SKIPPABLE, PACKED, EMPTY, SKIPPABLE, PACKED]);
    expect(isZstd(all)).toBe(true);
    expect(await unpacked(all)).toBe(LINES + LINES);
  });

  it('that is cut off is refused, wherever it ends', async () => {
    for (const left of [4, 5, 9, 20, PACKED.length - 4, PACKED.length - 1]) {
      await expect(unpacked(PACKED.subarray(0, left))).rejects.toThrow(/^a\.zst is incomplete/);
    }
  });

  it('is refused when a byte of it is wrong, and its checksum shows it', async () => {
    for (let at = 6; at < PACKED.length; at += 13) {
      const wrong = Buffer.from(PACKED);
      wrong.writeUInt8((wrong[at] ?? 0) ^ 0x10, at);
      await expect(unpacked(wrong), `byte ${at}`).rejects.toThrow(
        /^a\.zst (is damaged|is incomplete|needs a window|was comp)/,
      );
    }
    const wrong = Buffer.from(PACKED);
    wrong.writeUInt8((wrong[wrong.length - 1] ?? 0) ^ 1, wrong.length - 1);
    await expect(unpacked(wrong)).rejects.toThrow('its checksum does not fit its content');
  });

  it('is refused when other bytes follow it', async () => {
    await expect(unpacked(Buffer.concat([PACKED, Buffer.from('more')]))).rejects.toThrow(/are not zstd/);
  });

  it('is refused when it needs too much memory', async () => {
    const header = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x90]);
    await expect(unpacked(Buffer.concat([header, PACKED]))).rejects.toThrow(/needs a window of 256 MiB/);
  });
});

import { describe, expect, it } from 'vitest';
import { decidePointer, decodeWorkerPointer, encodeWorkerPointer } from '../../../core/contract/worker-pointer.js';

const [one, two] = ['a'.repeat(64), 'b'.repeat(64)];
const pointer = (version: string, sha256 = one) => ({ version, sha256 });

describe('the pointer to the worker', () => {
  it('moves forward only', () => {
    expect(decidePointer(undefined, pointer('1.0.0'))).toBe('publish');
    expect(decidePointer(pointer('0.9.0'), pointer('1.0.0', two))).toBe('publish');
    expect(decidePointer(pointer('1.0.0'), pointer('1.0.0'))).toBe('present');
    expect(decidePointer(pointer('1.0.1'), pointer('1.0.0', two))).toBe('newer');
    expect(decidePointer(pointer('1.0.0'), pointer('1.0.0-rc.1', two))).toBe('newer');
  });

  it('moves to another build of the same version, so that a developed worker runs', () => {
    expect(decidePointer(pointer('1.0.0'), pointer('1.0.0', two))).toBe('publish');
  });

  it('is read as it was written', () => {
    const text = encodeWorkerPointer({ ...pointer('1.0.0'), publishedAt: '2026-11-21T00:00:00.000Z' });
    expect(decodeWorkerPointer(text)).toEqual(pointer('1.0.0'));
  });

  it.each(['', 'null', '{}', '{"version":"1.0.0"}', '{"version":"1.0.0","sha256":"ab"}', `{"sha256":"${one}"}`])(
    'is none when it reads %s',
    (text) => {
      expect(decodeWorkerPointer(text)).toBeUndefined();
    },
  );
});

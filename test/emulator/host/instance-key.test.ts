import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inventInstanceKey } from '../../../emulator/host/instance-key.js';

const character = fc.constantFrom(...'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567');
const ownId = fc
  .tuple(fc.constantFrom('AKIA', 'ASIA'), fc.array(character, { minLength: 16, maxLength: 16 }))
  .map(([prefix, rest]) => prefix + rest.join(''));

describe('the key of a hosted instance', () => {
  it("has nothing of the host's own keys, whatever those look like", () => {
    fc.assert(
      fc.property(fc.oneof(ownId, fc.constantFrom('test', 'AKIA'), fc.string()), fc.string(), (id, secretAccessKey) => {
        fc.pre(!/^\d{12}$/.test(id));
        const invented = inventInstanceKey({ accessKeyId: id, secretAccessKey });
        expect(Object.keys(invented).sort()).toEqual(['accessKeyId', 'secretAccessKey']);
        expect(invented.accessKeyId).not.toBe(id);
        expect(invented.secretAccessKey).not.toBe(secretAccessKey);
        // An emulator must not take it for one of AWS's own ids.
        expect(invented.accessKeyId).not.toMatch(/^A[KS]IA/);
        expect(invented.accessKeyId.length).toBeLessThan(20);
      }),
    );
  });

  it('is another one for each instance', () => {
    const [one, other] = [1, 2].map(() => inventInstanceKey({ accessKeyId: 'test', secretAccessKey: 'test' }));
    expect(one?.accessKeyId).not.toBe(other?.accessKeyId);
    expect(one?.secretAccessKey).not.toBe(other?.secretAccessKey);
  });

  it("keeps the number of an emulator's account, so that the instance finds its queue there, but not the secret", () => {
    const invented = inventInstanceKey({ accessKeyId: '111122223333', secretAccessKey: 'the secret of a developer' });
    expect(invented.accessKeyId).toBe('111122223333');
    expect(invented.secretAccessKey).not.toBe('the secret of a developer');
  });
});
